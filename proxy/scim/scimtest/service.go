package scimtest

import (
	"context"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// ServiceDirectory lets the contract run against a Service: every operation becomes the calls that a client would send, an update a GET and a
// PUT.
type ServiceDirectory struct {
	Service scim.Service
	Holds   scim.Able
}

var _ scim.Directory = ServiceDirectory{}

// Able is what was given.
func (s ServiceDirectory) Able() scim.Able { return s.Holds }

// Create is POST.
func (s ServiceDirectory) Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	a, err := s.Service.Do(ctx, scim.Create{Type: t, Body: r})
	return a.Resource, err
}

// Get is GET.
func (s ServiceDirectory) Get(ctx context.Context, ref scim.Ref, n scim.Need) (scim.Resource, error) {
	a, err := s.Service.Do(ctx, scim.Read{Ref: ref, Want: wantOf(n)})
	return a.Resource, err
}

// List is GET of the endpoint; a walk goes by cursor, which is the mark of a page's last resource.
func (s ServiceDirectory) List(ctx context.Context, q scim.Query) (scim.Page, error) {
	walking := q.Count > 0 && q.Filter == nil
	if walking {
		q.Cursor, q.After = new(q.After), ""
	}
	a, err := s.Service.Do(ctx, scim.List{Query: q, Want: wantOf(q.Need)})
	if a.Page == nil {
		return scim.Page{}, err
	}
	page := *a.Page
	if page.Marks = make([]string, len(page.Resources)); walking && len(page.Resources) > 0 {
		page.Marks[len(page.Resources)-1] = page.Next
	}
	return page, err
}

// Update is GET and PUT.
func (s ServiceDirectory) Update(ctx context.Context, ref scim.Ref, edit scim.Edit) (scim.Resource, error) {
	cur, err := s.Get(ctx, ref, scim.Need{})
	if err != nil {
		return cur, err
	}
	wanted, err := edit(cur)
	if err != nil {
		return wanted, err
	}
	a, err := s.Service.Do(ctx, scim.Replace{Ref: ref, Body: wanted})
	return a.Resource, err
}

// Join is PATCH.
func (s ServiceDirectory) Join(ctx context.Context, group scim.Ref, m scim.Membership) error {
	path := scim.Path{AttrPath: scim.AttrPath{Name: "members"}}
	var list []string
	for _, id := range m.Add {
		list = append(list, `{"value":`+document.Quote(id)+`}`)
	}
	var ops []scim.Op
	switch {
	case m.Only:
		ops = append(ops, scim.Op{Kind: scim.ReplaceAll, Path: path, Value: document.Array(list)})
	case len(list) > 0:
		ops = append(ops, scim.Op{Kind: scim.Add, Path: path, Value: document.Array(list)})
	}
	for _, id := range m.Remove {
		one := path
		one.Filter = scim.Equal(scim.AttrPath{Name: "value"}, id)
		ops = append(ops, scim.Op{Kind: scim.Remove, Path: one})
	}
	_, err := s.Service.Do(ctx, scim.Patch{Ref: group, Ops: ops})
	return err
}

// Delete is DELETE.
func (s ServiceDirectory) Delete(ctx context.Context, ref scim.Ref) error {
	_, err := s.Service.Do(ctx, scim.Delete{Ref: ref})
	return err
}

func wantOf(n scim.Need) scim.Want {
	var w scim.Want
	for _, o := range n.Only {
		if p, err := scim.ParseAttrPath(o); err == nil {
			w.Attributes = append(w.Attributes, p)
		}
	}
	if !n.Members {
		w.Excluded = append(w.Excluded, scim.AttrPath{Name: "members"})
	}
	return w
}
