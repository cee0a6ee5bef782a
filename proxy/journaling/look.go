package journaling

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journal/changes"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/secrets"
)

// look compares an entry with the resource.
type look struct {
	Scene
	e *journal.Entry
}

func (l look) found(s journal.State, format string, args ...any) error {
	l.e.State, l.e.Found = s, fmt.Sprintf(format, args...)
	return nil
}

func (l look) deleted(ctx context.Context) error {
	now, err := l.Directory.Get(ctx, l.e.Ref(), directory.Fields{})
	switch {
	case scim.Status(err) == http.StatusNotFound:
		return l.found(journal.Done, "the %s does not exist any more", kind(l.e.Type))
	case err != nil:
		return err
	}
	if before, err := document.Parse([]byte(l.e.Before)); err == nil && deactivates(l.e.Type, before, now) {
		return l.found(journal.Partly, "the user is deactivated, and still exists")
	}
	return l.found(journal.Failed, "the %s still exists", kind(l.e.Type))
}

func (l look) revived(ctx context.Context) error {
	now, err := l.Directory.Get(ctx, l.e.Ref(), directory.Fields{})
	switch {
	case scim.Status(err) == http.StatusNotFound:
		return l.found(journal.Failed, "the %s is still deleted", kind(l.e.Type))
	case err != nil:
		return err
	}
	l.e.After = secrets.Without(now.String())
	return l.found(journal.Done, "the %s exists again", kind(l.e.Type))
}

// clockSkew is how far the clock of Keycloak may be behind.
const clockSkew = 2 * time.Minute

func (l look) created(ctx context.Context) error {
	if l.e.Name == "" {
		return l.found(journal.Partly, "whether it was created is not known, because the journal keeps no values")
	}
	q := directory.Query{Type: l.e.Type, Filter: scim.Equal(scim.Identifying(l.e.Type), l.e.Name), Start: 1, Count: 2}
	page, err := l.Directory.List(ctx, q)
	if err != nil {
		return err
	}
	if len(page.Resources) == 0 {
		l.e.After = ""
		return l.found(journal.Failed, "no %s has this name: nothing was created", kind(l.e.Type))
	}
	made := page.Resources[0]
	at, err := time.Parse(time.RFC3339, document.Text(made.Get(scim.AttrPath{Name: "meta", Sub: "created"})))
	if err != nil || at.Before(l.e.Begun.Add(-clockSkew)) {
		l.e.After = ""
		return l.found(journal.Failed, "a %s with this name exists since before: nothing was created", kind(l.e.Type))
	}
	body, _ := document.Parse([]byte(l.e.After))
	what := "the " + kind(l.e.Type) + " was created"
	if l.Create != nil && !body.IsZero() {
		ref, err := l.Create(ctx, l.e.Type, body)
		switch {
		case err == nil && ref.ID == made.ID():
			what += ", and is completed now"
		case err != nil && scim.Status(err) >= http.StatusInternalServerError:
			return err
		}
	}
	if made, err = l.Directory.Get(ctx, scim.Ref{Type: l.e.Type, ID: made.ID()}, directory.Fields{}); err != nil {
		return err
	}
	l.e.Target, l.e.After = made.ID(), secrets.Without(made.String())
	if l.e.MembersToCome {
		return l.found(journal.Partly, "%s; not changed: members", what)
	}
	return l.found(journal.Done, "%s", what)
}

func (l look) updated(ctx context.Context) error {
	now, err := l.Directory.Get(ctx, l.e.Ref(), directory.Fields{})
	if scim.Status(err) == http.StatusNotFound {
		l.e.Changes, l.e.Added, l.e.Removed = nil, nil, nil
		return l.found(journal.Failed, "the %s does not exist any more", kind(l.e.Type))
	}
	if err != nil {
		return err
	}
	if l.e.Valueless && len(l.e.Changes) > 0 {
		return l.found(journal.Partly, "which attributes were changed is not known, because the journal keeps no values")
	}
	var made []journal.Change
	var not []string
	for _, c := range l.e.Changes {
		at, err := scim.ParseAttrPath(c.Path)
		switch {
		case err != nil || at.Is(changes.Modified):
		case document.Same(now.Get(at), c.New):
			made = append(made, c)
		default:
			not = append(not, c.Path)
		}
	}
	joined, left, missing, err := l.members(ctx)
	if err != nil {
		return err
	}
	if l.e.MembersToCome {
		not = append(not, "members")
	}
	if missing > 0 {
		not = append(not, fmt.Sprintf("%d members", missing))
	}
	l.e.Changes, l.e.Added, l.e.Removed = made, joined, left
	switch {
	case len(not) == 0:
		return l.found(journal.Done, "the %s is as requested", kind(l.e.Type))
	case len(made)+len(joined)+len(left) == 0:
		return l.found(journal.Failed, "the %s is not changed", kind(l.e.Type))
	}
	return l.found(journal.Partly, "not changed: %s", strings.Join(not, ", "))
}

// members are those of the entry that really were added and removed, and how many were not.
func (l look) members(ctx context.Context) (added, removed []string, missing int, err error) {
	if len(l.e.Added)+len(l.e.Removed) == 0 {
		return nil, nil, 0, nil
	}
	group, err := l.Directory.Get(ctx, l.e.Ref(), directory.Fields{Only: []string{membersPath.Key()}, Members: true})
	if err != nil {
		return nil, nil, 0, err
	}
	now := directory.References(group.Raw(membersPath.Name))
	added = both(l.e.Added, now)
	removed = slices.DeleteFunc(slices.Clone(l.e.Removed), func(id string) bool { return slices.Contains(now, id) })
	return added, removed, len(l.e.Added) + len(l.e.Removed) - len(added) - len(removed), nil
}

// kind is a resource type as it is written in a sentence.
func kind(t scim.ResourceType) string { return strings.ToLower(string(t)) }
