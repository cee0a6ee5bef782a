package views

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// linksShown is how many members, or groups, a page shows.
const linksShown = 100

// Resource returns a user or group by its id, userName or displayName. One that does not exist now
// is found if the journal knows it.
func (v *Views) Resource(ctx context.Context, tenant string, of scim.ResourceType, idOrName string, n int) (console.Resource, error) {
	t, err := v.tenant(tenant)
	if err == nil && idOrName == "" {
		err = fmt.Errorf("a %s without an id or name: %w", of, console.ErrUnknown)
	}
	if err != nil {
		return console.Resource{}, err
	}
	var shown scim.Resource
	there := false
	place, wrong := v.place(ctx, tenant, console.Operator{})
	if wrong == nil {
		shown, there, wrong = find(ctx, place.Directory, of, idOrName)
	}
	r := found{console.Resource{Type: of, ID: idOrName, Name: idOrName, Gone: !there && wrong == nil}}
	if there {
		r.ID, r.Name = shown.ID(), journal.NameOf(of, shown)
	}
	r.fail("what the tenant sees", wrong)
	var entries []journal.Entry
	if t.Journal != nil {
		r.History, entries, err = v.history(ctx, t, r.Resource, n)
		r.fail("the history", err)
	}
	if r.Gone && err == nil && len(entries) == 0 {
		return console.Resource{}, fmt.Errorf("%s %q: %w", of, idOrName, console.ErrUnknown)
	}
	all := newRows()
	all.sent(entries)
	if there {
		r.fail("what is kept", all.kept(ctx, place, r.ID))
		r.fail("what Keycloak has", all.native(ctx, t, scim.Ref{Type: of, ID: r.ID}))
		r.Links, r.More = links(of, shown)
	}
	if !r.Gone {
		r.Rows = all.all()
	}
	return r.Resource, nil
}

// found is a resource with the parts that could be read.
type found struct{ console.Resource }

func (f *found) fail(part string, err error) {
	if err != nil {
		f.Wrong = append(f.Wrong, part+" cannot be read: "+plain(err))
	}
}

// find returns a resource by its id or its name.
func find(ctx context.Context, d directory.Directory, of scim.ResourceType, idOrName string) (scim.Resource, bool, error) {
	fields := directory.Fields{Members: of == scim.Group}
	got, err := d.Get(ctx, scim.Ref{Type: of, ID: idOrName}, fields)
	if err == nil {
		return got, true, nil
	}
	if scim.Status(err) != http.StatusNotFound && scim.Status(err) != http.StatusBadRequest {
		return got, false, err
	}
	byName := scim.Equal(scim.Identifying(of), idOrName)
	page, err := d.List(ctx, directory.Query{Type: of, Filter: byName, Start: 1, Count: 1, Fields: fields})
	if err != nil || len(page.Resources) == 0 {
		return got, false, err
	}
	return page.Resources[0], true, nil
}

// mostRead bounds how many entries of a resource are read for what its provider has sent.
const mostRead = 1_000

// history returns the last entries of a resource for the page, and those with what was sent.
func (v *Views) history(ctx context.Context, t Tenant, r console.Resource, n int) (shown []console.Activity, all []journal.Entry, err error) {
	q := journal.Query{Most: max(n, mostRead), Last: true}
	if r.Type == scim.User {
		q.User = r.ID
	} else {
		q.Group = r.ID
	}
	found, err := v.activity(ctx, t, q)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range slices.Backward(found) {
		if a.Type == r.Type {
			all = append(all, a.Entry)
		}
	}
	return found[:min(n, len(found))], all, nil
}

// rows are the attributes of a resource, by folded path.
type rows map[scim.AttrPath]*console.Row

func newRows() rows { return rows{} }

func (x rows) at(p scim.AttrPath) *console.Row {
	key := p.Folded()
	if x[key] == nil {
		x[key] = &console.Row{Attribute: p.String()}
	}
	return x[key]
}

// sent folds the entries of a resource, in the order of time, into the last values that its
// provider has sent.
func (x rows) sent(entries []journal.Entry) {
	for _, e := range entries {
		if !e.Happened() || e.Operator != "" {
			continue
		}
		if e.Creates() {
			clear(x)
			x.leaves(e.After, func(r *console.Row, raw string) { r.Sent = raw })
		}
		for _, c := range e.Changes {
			p, err := scim.ParseAttrPath(c.Path)
			if err != nil || c.Timed() || e.Valueless {
				continue
			}
			x.at(p).Sent = c.New
		}
	}
}

// leaves calls set for each value of a JSON document, but for members, which are links.
func (x rows) leaves(text string, set func(r *console.Row, raw string)) {
	doc, err := document.Parse([]byte(text))
	if err != nil {
		return
	}
	for l := range doc.Leaves() {
		if scim.ServerManaged(l.Path) || l.Path.URN == "" && (strings.EqualFold(l.Path.Name, "members") || strings.EqualFold(l.Path.Name, "groups")) {
			continue
		}
		set(x.at(l.Path), l.Raw)
	}
}

func (x rows) native(ctx context.Context, t Tenant, ref scim.Ref) error {
	status, body, err := t.Native(ctx, ref)
	switch {
	case err != nil:
		return err
	case status != http.StatusOK:
		return fmt.Errorf("Keycloak answers %d for %s", status, ref.ID) //nolint:staticcheck // a name
	}
	x.leaves(string(body), func(r *console.Row, raw string) { r.Keycloak = raw })
	return nil
}

func (x rows) kept(ctx context.Context, place operating.Place, id string) error {
	found, err := place.Records.Load(ctx, id)
	if err != nil {
		return err
	}
	one, there := found[id]
	if !there {
		return nil
	}
	rec, err := record.Read(one.Body)
	if err != nil {
		return err
	}
	for _, o := range rec.Overrides {
		x.at(o.Path).Kept = o.Requested
	}
	return nil
}

// all returns the attributes in the order of their names.
func (x rows) all() (all []console.Row) {
	for _, r := range x {
		if r.Sent != "" || r.Keycloak != "" || r.Kept != "" {
			all = append(all, *r)
		}
	}
	slices.SortFunc(all, func(a, b console.Row) int { return strings.Compare(a.Attribute, b.Attribute) })
	return all
}

// links are the members of a group, or the groups of a user.
func links(of scim.ResourceType, shown scim.Resource) (all []console.Reference, more bool) {
	name, to := "members", scim.User
	if of == scim.User {
		name, to = "groups", scim.Group
	}
	for element := range document.Values(shown.Raw(name)) {
		if len(all) == linksShown {
			return all, true
		}
		one, err := document.Parse([]byte(element))
		if err != nil {
			continue
		}
		id := document.Text(one.Raw("value"))
		all = append(all, console.Reference{Type: to, ID: id, Name: document.Text(one.Raw("display"))})
	}
	return all, false
}
