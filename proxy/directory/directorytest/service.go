package directorytest

import (
	"context"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// ServiceDirectory runs the contract against a Service. Every operation becomes the requests that a
// client would send; an update is a GET and a PUT.
type ServiceDirectory struct {
	Service protocol.Service
	Holds   directory.Capabilities
}

var _ directory.Directory = ServiceDirectory{}

// Capabilities returns Holds.
func (s ServiceDirectory) Capabilities() directory.Capabilities { return s.Holds }

// Create is POST.
func (s ServiceDirectory) Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	a, err := s.Service.Do(ctx, protocol.Create{Type: t, Body: r})
	return a.Resource, err
}

// Get is GET.
func (s ServiceDirectory) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	a, err := s.Service.Do(ctx, protocol.Read{Ref: ref, Projection: projectionOf(n)})
	return a.Resource, err
}

// List is GET of the endpoint. A walk uses cursors; the next cursor is the position of the page's
// last resource.
func (s ServiceDirectory) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	walking := q.Count > 0 && q.Filter == nil
	skip := 0
	if walking {
		if q.ResumeAfter != "" { // a page by cursor begins at its cursor
			skip = q.Start - 1
			q.Count += skip
		}
		q.Cursor, q.ResumeAfter = new(q.ResumeAfter), ""
	}
	a, err := s.Service.Do(ctx, protocol.List{Query: q, Projection: projectionOf(q.Fields)})
	if a.Page == nil {
		return directory.Page{}, err
	}
	page := *a.Page
	if page.Resume = make([]string, len(page.Resources)); walking && len(page.Resources) > 0 {
		page.Resume[len(page.Resources)-1] = page.Next
	}
	skip = min(skip, len(page.Resources))
	page.Resources, page.Resume = page.Resources[skip:], page.Resume[skip:]
	return page, err
}

// Update is GET and PUT.
func (s ServiceDirectory) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	cur, err := s.Get(ctx, ref, directory.Fields{})
	if err != nil {
		return cur, err
	}
	wanted, err := edit(cur)
	if err != nil {
		return wanted, err
	}
	a, err := s.Service.Do(ctx, protocol.Replace{Ref: ref, Body: wanted})
	return a.Resource, err
}

// ChangeMembers is PATCH.
func (s ServiceDirectory) ChangeMembers(ctx context.Context, group scim.Ref, m directory.MemberChange) error {
	path := scim.Path{AttrPath: scim.AttrPath{Name: "members"}}
	var list []string
	for _, id := range m.Add {
		list = append(list, `{"value":`+document.Quote(id)+`}`)
	}
	var ops []scim.Op
	switch {
	case m.Replace:
		ops = append(ops, scim.Op{Kind: scim.ReplaceAll, Path: path, Value: document.Array(list)})
	case len(list) > 0:
		ops = append(ops, scim.Op{Kind: scim.Add, Path: path, Value: document.Array(list)})
	}
	for _, id := range m.Remove {
		one := path
		one.Filter = scim.Equal(scim.AttrPath{Name: "value"}, id)
		ops = append(ops, scim.Op{Kind: scim.Remove, Path: one})
	}
	_, err := s.Service.Do(ctx, protocol.Patch{Ref: group, Ops: ops})
	return err
}

// Delete is DELETE.
func (s ServiceDirectory) Delete(ctx context.Context, ref scim.Ref) error {
	_, err := s.Service.Do(ctx, protocol.Delete{Ref: ref})
	return err
}

func projectionOf(n directory.Fields) protocol.Projection {
	var w protocol.Projection
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
