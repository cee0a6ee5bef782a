package checklist

import (
	"net/http"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// sight is what an entry shows.
type sight struct {
	// did are lines that the entry turns green, failed those that it turns red. held are those of a
	// write that must wait.
	did, failed, held map[string]bool
	entry             journal.Entry
	resource          scim.Resource // that was created, if its values are kept
}

const activePath = "active"

// readEntry reads an entry, and notes changes of active that have no values.
func readEntry(e journal.Entry, a *activity) sight {
	s := sight{did: map[string]bool{}, failed: map[string]bool{}, held: map[string]bool{}, entry: e}
	switch e.State {
	case journal.Done:
		s.succeeded(a)
	case journal.Partly, journal.Failed, journal.Refused:
		switch e.Status {
		case http.StatusUnauthorized: // it is not about the kind of the call
		case http.StatusTooManyRequests:
			s.held[lineOf(e)] = true
		default:
			s.failed[lineOf(e)] = true
		}
	case journal.Open: // not known yet
	}
	return s
}

// lineOf is the line that a failed call belongs to, "" if it is none.
func lineOf(e journal.Entry) string {
	creates := e.Verb == "create" || e.Verb == "post"
	switch {
	case e.Type == scim.User && creates:
		return Create
	case e.Type == scim.Group && creates:
		return Group
	case e.Type == scim.User && e.Verb == "delete":
		return Deactivate
	case e.Type == scim.User:
		return Update
	case e.Type == scim.Group && e.Verb != "delete":
		return Members
	}
	return ""
}

func (s *sight) succeeded(a *activity) {
	e := s.entry
	creates := e.Creates()
	if e.Type == scim.Group {
		s.did[Group] = creates
		s.did[Members] = len(e.Added) > 0
		return
	}
	if e.Type != scim.User {
		return
	}
	s.did[Create], s.did[Deactivate] = creates, e.Deletes()
	if creates && e.After != "" {
		s.resource, _ = document.Parse([]byte(e.After))
	}
	turned := false
	for _, c := range e.Changes {
		switch {
		case c.Timed():
		case !strings.EqualFold(c.Path, activePath):
			s.did[Update] = true
		case e.Valueless:
			turned = true
		default:
			s.did[Deactivate], s.did[Reactivate] = c.New == "false", c.New == "true"
		}
	}
	var said *bool
	if n := e.Notice; n != nil && e.Valueless && (n.Active == "deactivate" || n.Active == "activate") {
		inactive := n.Active == "deactivate"
		said, turned = &inactive, true
	}
	if turned {
		inactive, known := a.is(e, said)
		s.did[Deactivate], s.did[Reactivate] = known && inactive, known && !inactive
	}
}

// sends reports whether a user was sent with a value of an attribute. known is false if the entry
// cannot tell, or only if the store keeps the attribute.
func (s sight) sends(path string) (sent, known bool) {
	if s.entry.State != journal.Done || s.entry.Type != scim.User {
		return false, false
	}
	at, err := scim.ParseAttrPath(path)
	if err != nil {
		return false, false
	}
	for _, c := range s.entry.Changes {
		if about(c.Path, at) && (s.entry.Valueless || assigned(c.New)) {
			return true, true
		}
	}
	if !s.resource.IsZero() {
		return assigned(valueIn(s.resource, at)), true
	}
	if !s.did[Create] {
		return false, false
	}
	if slices.ContainsFunc(s.entry.Kept, func(path string) bool { return about(path, at) }) {
		return true, true
	}
	if n := s.entry.Notice; n != nil {
		return slices.ContainsFunc(n.Attributes, func(path string) bool { return about(path, at) }), true
	}
	return false, false
}

// about reports whether the path of a change is that of an attribute, or is below it or above it.
func about(path string, at scim.AttrPath) bool {
	p, err := scim.ParseAttrPath(path)
	return err == nil && strings.EqualFold(p.URN, at.URN) && (at.Name == "" || strings.EqualFold(p.Name, at.Name)) &&
		(at.Sub == "" || p.Sub == "" || strings.EqualFold(p.Sub, at.Sub))
}

func valueIn(r scim.Resource, at scim.AttrPath) string {
	if at.Name == "" {
		return r.Raw(at.URN)
	}
	if at.Sub == "" {
		return r.Get(at)
	}
	whole := r.Get(scim.AttrPath{URN: at.URN, Name: at.Name})
	if !document.IsArray(whole) {
		return r.Get(at)
	}
	for e := range document.Values(whole) { // of a list, one element with the part counts
		if part, err := scim.Part(e); err == nil && assigned(part.Raw(at.Sub)) {
			return part.Raw(at.Sub)
		}
	}
	return ""
}

// assigned reports whether a JSON text is a value (RFC 7643 section 2.5). A text of blanks is none.
func assigned(raw string) bool {
	switch strings.TrimSpace(raw) {
	case "", "null", `""`, "[]", "{}":
		return false
	}
	return !document.IsText(raw) || document.Trim(document.Text(raw)) != ""
}
