package checklist

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/journal"
)

// Seen is what the entries of a tenant have shown about each line. Entries may come in any order,
// and more than once. It needs as much memory for a million entries as for a thousand.
type Seen struct {
	idp    string
	paths  []string // of the required attributes
	lines  []seenLine
	active activity
}

// NewSeen has seen no entry. The reasons of failures depend on the dialect idp.
func NewSeen(idp string, required []Required) *Seen {
	s := &Seen{idp: idp}
	for _, t := range titles {
		s.lines = append(s.lines, seenLine{id: t.id, title: t.title})
	}
	for _, r := range required {
		s.paths = append(s.paths, r.Path)
		s.lines = append(s.lines, seenLine{id: AttributePrefix + r.Path, title: "Users are sent with " + r.Path[strings.LastIndexByte(r.Path, ':')+1:], path: r.Path})
	}
	return s
}

// about reports whether the lines are those of these attributes.
func (s *Seen) about(required []Required) bool {
	return slices.EqualFunc(s.paths, required, func(path string, r Required) bool { return path == r.Path })
}

// Add adds an entry.
func (s *Seen) Add(e journal.Entry) {
	seen := readEntry(e, &s.active)
	for i := range s.lines {
		s.lines[i].add(s.idp, e, seen)
	}
}

// seenLine is what entries have shown about one line.
type seenLine struct {
	id, title string
	path      string // of a required attribute
	green     once
	failed    *Problem
	// bare is the last create of a user whose entry does not name the attribute, and has no values:
	// a failure if the store keeps the attribute, because the entry names it then.
	bare *Problem
	held noted
}

// once is the first success.
type once struct {
	at      time.Time
	request string
}

// noted is the last write that had to wait.
type noted struct {
	at   time.Time
	text string
}

func (l *seenLine) add(idp string, e journal.Entry, s sight) {
	var does, fails bool
	switch l.id {
	case Connect: // a request with another outcome had a good token
		fails = e.State == journal.Refused && e.Status == 401
		does = !fails
	case Match: // reads have no entries
	default:
		if l.path != "" {
			l.attribute(idp, e, s)
			return
		}
		does, fails = s.did[l.id], s.failed[l.id]
		if s.held[l.id] && !e.Begun.Before(l.held.at) {
			text, _ := reasonOf(idp, e)
			l.held = noted{e.Begun, text}
		}
	}
	if does {
		l.succeeded(e)
	}
	if fails {
		reason, change := reasonOf(idp, e)
		l.failed = last(l.failed, e, reason, change)
	}
}

// attribute adds an entry to the line of a required attribute.
func (l *seenLine) attribute(idp string, e journal.Entry, s sight) {
	sent, known := s.sends(l.path)
	if sent {
		l.succeeded(e)
		return
	}
	if !s.did[Create] {
		return
	}
	reason, change := fmt.Sprintf("a user was created without a value of %s", l.path), mapping(idp, l.path)
	if known {
		l.failed = last(l.failed, e, reason, change)
	} else {
		l.bare = last(l.bare, e, reason, change)
	}
}

func (l *seenLine) succeeded(e journal.Entry) {
	if l.green.at.IsZero() || e.Begun.Before(l.green.at) {
		l.green = once{e.Begun, e.Request}
	}
}

// last is the later one of a problem and that of an entry.
func last(p *Problem, e journal.Entry, reason, change string) *Problem {
	if p != nil && e.Begun.Before(p.At) {
		return p
	}
	return &Problem{At: e.Begun, Request: e.Request, Reason: reason, Change: change}
}

// failure is the last failure, and note what is known about an open line.
func (l seenLine) failure(kept bool) (failed *Problem, note string) {
	switch {
	case l.bare == nil:
		return l.failed, l.held.text
	case !kept:
		return l.failed, "the journal keeps no values (journal.values is false), so whether the attribute was sent at the create is not known: change it once in the provider"
	case l.failed == nil || l.bare.At.After(l.failed.At):
		return l.bare, ""
	}
	return l.failed, ""
}

// mostUsers bounds the users whose state is known from entries without values.
const mostUsers = 200

// activity tells deactivations from activations in entries without values, which say only that
// active was changed. A user is created active.
type activity struct {
	users map[string]turn
}

// turn is the last change of active of a user.
type turn struct {
	entry    string // its id
	inactive bool
	was      bool // before it
}

// is notes a change of active by an entry, which says what has become of it, or else turns it.
// known is false if the entry is older than another one of the user.
func (a *activity) is(e journal.Entry, said *bool) (inactive, known bool) {
	t, there := a.users[e.Target]
	switch {
	case e.ID < t.entry:
		return false, false
	case there && e.ID == t.entry && e.ID != "": // once more
		t.inactive = t.was
	}
	t.was, t.inactive, t.entry = t.inactive, !t.inactive, e.ID
	if said != nil {
		t.inactive = *said
	}
	if a.users == nil {
		a.users = map[string]turn{}
	}
	if there || len(a.users) < mostUsers {
		a.users[e.Target] = t
	}
	return t.inactive, true
}
