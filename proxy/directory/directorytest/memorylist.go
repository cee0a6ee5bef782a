package directorytest

import (
	"context"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// List returns a page.
func (m *Memory) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.begin(ctx); err != nil {
		return directory.Page{}, err
	}
	if l := m.capabilities.FilterLimits; q.Filter != nil && !l.Accept(q.Filter) {
		return directory.Page{}, scim.InvalidFilter("the filter is longer than %d bytes or nests deeper than %d", l.Length, l.Nesting)
	}
	var found []scim.Resource
	for id, s := range m.all {
		whole := s.r
		if s.t == scim.User {
			whole = whole.With("groups", m.groupsOf(id))
		} else {
			whole = m.shown(scim.Ref{Type: s.t, ID: id}, s.r, directory.Fields{Members: true})
		}
		if s.t == q.Type && m.matches(q.Filter, q.Type, whole) {
			found = append(found, m.shown(scim.Ref{Type: s.t, ID: id}, s.r, q.Fields))
		}
	}
	slices.SortFunc(found, func(a, b scim.Resource) int {
		return strings.Compare(a.Raw(identity(q.Type))+a.ID(), b.Raw(identity(q.Type))+b.ID())
	})
	key := func(r scim.Resource) string { return r.Raw(identity(q.Type)) + r.ID() }
	if q.Cursor != nil {
		q.ResumeAfter, q.Start = *q.Cursor, 1
	}
	if q.ResumeAfter != "" {
		found = slices.DeleteFunc(found, func(r scim.Resource) bool { return key(r) <= q.ResumeAfter })
	}
	from := min(max(q.Start-1, 0), len(found))
	p := directory.Page{Total: len(found), Start: q.Start}
	p.Resources = found[from:min(from+min(q.Count, m.capabilities.MaxPage), len(found))]
	for _, r := range p.Resources {
		p.Resume = append(p.Resume, key(r))
	}
	if n := len(p.Resume); q.Cursor != nil && n > 0 {
		p.Next = p.Resume[n-1]
	}
	return p, nil
}

func (m *Memory) shown(ref scim.Ref, r scim.Resource, n directory.Fields) scim.Resource {
	out := r
	if groups := (scim.AttrPath{Name: "groups"}); len(n.Only) > 0 && n.Covers(groups) && ref.Type == scim.User {
		r = r.With("groups", m.groupsOf(ref.ID))
		out = r
	}
	if len(n.Only) > 0 {
		for _, name := range r.Names() {
			covered := n.Covers(scim.AttrPath{Name: name}) || slices.ContainsFunc(n.Only, func(o string) bool {
				return strings.HasPrefix(o, strings.ToLower(name)+":")
			})
			if !covered && !slices.Contains([]string{"id", "meta", "schemas", identity(ref.Type)}, name) {
				out = out.Without(name)
			}
		}
	}
	if ref.Type == scim.Group && n.Members && len(m.joined[ref.ID]) > 0 {
		var list []string
		for _, id := range m.joined[ref.ID] {
			list = append(list, `{"value":`+document.Quote(id)+`,"type":"User"}`)
		}
		out = out.With("members", document.Array(list))
	}
	return out
}

func (m *Memory) groupsOf(user string) string {
	var list []string
	for group, ids := range m.joined {
		if slices.Contains(ids, user) {
			list = append(list, `{"value":`+document.Quote(group)+`}`)
		}
	}
	if list == nil {
		return ""
	}
	return document.Array(list)
}
