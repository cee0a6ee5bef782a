package drift

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/pause"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

const notFound = http.StatusNotFound

const (
	// lookTime bounds a look at one resource, with the wait for its lock.
	lookTime = 30 * time.Second
	// looks is how often a resource with an open entry is looked at, settle the time between. The
	// outcome of a call is saved right after its lock is free.
	looks  = 4
	settle = 100 * time.Millisecond
)

// check looks at a suspected resource again, while it is locked.
func (f *finding) check(ctx context.Context, ref scim.Ref) error {
	for n := range looks {
		if n > 0 {
			if err := pause.For(ctx, settle); err != nil {
				return err
			}
		}
		rows, decided, err := f.once(ctx, ref)
		if err != nil {
			return err
		}
		if !decided {
			continue
		}
		f.report.Rows = append(f.report.Rows, rows...)
		for _, r := range rows {
			switch {
			case r.Kind == New:
			case r.User != "":
				f.named[r.User] = true
			case r.Type == scim.User:
				f.named[r.ID] = true
			}
		}
		return nil
	}
	f.report.Undecided++
	return nil
}

func (f *finding) once(ctx context.Context, ref scim.Ref) (rows []Row, decided bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	unlock, err := f.place.Lock(ctx, ref.Key())
	if err != nil {
		return nil, false, err
	}
	defer unlock()
	if err := f.place.Journal.Flush(ctx); err != nil {
		return nil, false, err
	}
	q := journal.Query{User: ref.ID}
	if ref.Type == scim.Group {
		q = journal.Query{Group: ref.ID}
	}
	entries, err := f.place.Journal.Find(ctx, q)
	if err != nil {
		return nil, false, err
	}
	now := newIntents(f.can)
	for _, e := range entries {
		if e.Ref() == ref {
			now.add(e)
		}
	}
	if now.of(ref).open {
		return nil, false, nil
	}
	shown, err := f.place.Directory.Get(ctx, ref, directory.Fields{Members: ref.Type == scim.Group})
	if scim.Status(err) == notFound {
		if in := now.of(ref); !in.gone && len(entries) > 0 {
			rows = []Row{{Kind: Gone, Type: ref.Type, ID: ref.ID, Name: in.name}}
		}
		return rows, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	records, err := f.place.Records.Load(ctx, ref.ID)
	if err != nil {
		return nil, false, err
	}
	rows, err = f.compare(ref, shown, records[ref.ID].Body, now)
	if err == nil {
		rows, err = f.members(ctx, rows, entries)
	}
	return rows, err == nil, err
}

// members leaves out members that are not there because the user does not exist, is being deleted,
// or was deleted and created again: that ends its memberships. entries are those of the group.
func (f *finding) members(ctx context.Context, rows []Row, entries []journal.Entry) (out []Row, err error) {
	for _, r := range rows {
		if r.Kind == Left {
			user := scim.Ref{Type: scim.User, ID: r.User}
			_, err := f.place.Directory.Get(ctx, user, directory.Fields{Only: []string{"id"}})
			if scim.Status(err) == notFound {
				continue
			}
			if err != nil {
				return nil, err
			}
			wanted, err := f.wanted(ctx, r, entries)
			if err != nil {
				return nil, err
			}
			if !wanted {
				continue
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// wanted reports whether a user who left a group should be a member, by the entries of both.
func (f *finding) wanted(ctx context.Context, r Row, entries []journal.Entry) (bool, error) {
	own, err := f.place.Journal.Find(ctx, journal.Query{User: r.User})
	if err != nil {
		return false, err
	}
	own = slices.DeleteFunc(own, func(e journal.Entry) bool { return e.Ref() != scim.Ref{Type: scim.User, ID: r.User} })
	own = append(own, entries...)
	slices.SortFunc(own, func(a, b journal.Entry) int { return strings.Compare(a.ID, b.ID) })
	both := newIntents(f.can)
	for _, e := range own {
		both.add(e)
	}
	return both.of(scim.Ref{Type: r.Type, ID: r.ID}).members[r.User], nil
}

// compare returns how a resource differs from what was wanted of it. kept is its record in the
// store.
func (f *finding) compare(ref scim.Ref, shown scim.Resource, kept []byte, known *intents) (rows []Row, err error) {
	in := known.all[ref]
	name := journal.NameOf(ref.Type, shown)
	if in == nil {
		in = newIntents(f.can).of(ref)
		at, err := time.Parse(time.RFC3339, document.Text(shown.Get(scim.AttrPath{Name: "meta", Sub: "created"})))
		if err == nil && !f.since.IsZero() && !f.report.Capped && at.After(f.since) {
			rows = append(rows, Row{Kind: New, Type: ref.Type, ID: ref.ID, Name: name})
		}
	}
	if in.gone {
		return []Row{{Kind: Back, Type: ref.Type, ID: ref.ID, Name: name}}, nil
	}
	wants, paths, err := f.requested(ref.Type, kept)
	if err != nil {
		return nil, err
	}
	for key, raw := range in.values {
		wants[key], paths[key] = raw, in.paths[key]
	}
	for key, raw := range wants {
		if now := shown.Get(paths[key]); !document.Same(now, raw) {
			rows = append(rows, Row{Kind: Changed, Type: ref.Type, ID: ref.ID, Name: name, Attribute: paths[key].String(), Intended: raw, Shown: now, at: paths[key]})
		}
	}
	slices.SortFunc(rows, func(a, b Row) int { return strings.Compare(a.Attribute, b.Attribute) })
	return append(rows, joins(ref, name, in, shown)...), nil
}

// requested are the requested values of a resource that the store has. Of a list of which Keycloak
// has one element, the whole list was requested.
func (f *finding) requested(t scim.ResourceType, kept []byte) (wants map[scim.AttrPath]string, paths map[scim.AttrPath]scim.AttrPath, err error) {
	wants, paths = map[scim.AttrPath]string{}, map[scim.AttrPath]scim.AttrPath{}
	rec, err := record.Read(kept)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range rec.Overrides {
		if f.can.Placement(t, p.Path) != directory.ServerMade && p.Observed != "" {
			wants[p.Path.Folded()], paths[p.Path.Folded()] = p.Requested, p.Path
		}
	}
	return wants, paths, nil
}

// joins are the members of a group that differ.
func joins(ref scim.Ref, name string, in *intent, shown scim.Resource) (rows []Row) {
	if ref.Type != scim.Group {
		return nil
	}
	row := func(k Kind, user string) {
		rows = append(rows, Row{Kind: k, Type: ref.Type, ID: ref.ID, Name: name, Attribute: membersName, User: user})
	}
	members := map[string]bool{}
	for _, id := range directory.References(shown.Raw(membersName)) {
		members[id] = true
		if wanted, said := in.members[id]; said && !wanted || !said && in.created {
			row(Joined, id)
		}
	}
	for id, wanted := range in.members {
		if wanted && !members[id] {
			row(Left, id)
		}
	}
	return rows
}
