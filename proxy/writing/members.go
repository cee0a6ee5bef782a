package writing

import (
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// memberIDs returns the ids in a members value: a list of objects with a value, or one such object.
func memberIDs(raw string) ([]string, error) {
	if document.Unassigned(raw) {
		return nil, nil
	}
	var ids []string
	given := map[string]bool{} // a group may have 100,000 members
	for _, e := range document.Elements(raw) {
		m, err := scim.Part(e)
		id := m.Raw("value")
		if err != nil || !document.IsText(id) || document.Text(id) == "" {
			return nil, scim.InvalidValue("a member has no value")
		}
		if t := m.Raw("type"); t != "" && strings.EqualFold(document.Text(t), string(scim.Group)) {
			return nil, scim.InvalidValue("a group cannot be a member of a group in Keycloak")
		}
		if name := document.Text(id); !given[name] {
			given[name], ids = true, append(ids, name)
		}
	}
	return ids, nil
}

// splitOps separates the operations on members of a PATCH, and returns their net effect.
func splitOps(t scim.ResourceType, ops []scim.Op) ([]scim.Op, directory.MemberChange, error) {
	var rest []scim.Op
	net := roster{last: map[string]bool{}}
	for _, op := range ops {
		if t == scim.Group && op.Path.IsZero() {
			var err error
			if op, err = net.pathless(op); err != nil {
				return nil, directory.MemberChange{}, err
			}
			if op.Value == "{}" {
				continue
			}
		}
		if t != scim.Group || !op.Path.Top().Is(scim.AttrPath{Name: "members"}) {
			rest = append(rest, op)
			continue
		}
		if err := net.apply(op); err != nil {
			return nil, directory.MemberChange{}, err
		}
	}
	return rest, net.membership(), nil
}

// roster has the last operation on each id: true adds it, false removes it. With only, all other
// members are removed.
type roster struct {
	only  bool
	order []string
	last  map[string]bool
}

func (r *roster) set(in bool, ids ...string) {
	for _, id := range ids {
		if _, seen := r.last[id]; !seen {
			r.order = append(r.order, id)
		}
		r.last[id] = in
	}
}

func (r *roster) clear() {
	*r = roster{only: true, last: map[string]bool{}}
}

// pathless separates members from an operation without a path.
func (r *roster) pathless(op scim.Op) (scim.Op, error) {
	v, err := scim.Part(op.Value)
	if err != nil || v.Raw("members") == "" {
		return op, err
	}
	err = r.apply(scim.Op{Kind: op.Kind, Path: scim.Path{AttrPath: scim.AttrPath{Name: "members"}}, Value: v.Raw("members")})
	op.Value = v.Without("members").String()
	return op, err
}

func (r *roster) apply(op scim.Op) error {
	if op.Path.Filter != nil {
		if op.Kind != scim.Remove || op.Path.Sub != "" {
			return scim.InvalidPath("members can be added and replaced by value, and removed by value or by a filter on value")
		}
		ids, err := named(op.Path.Filter)
		r.set(false, ids...)
		return err
	}
	if op.Path.Sub != "" {
		return scim.Mutability("%s cannot be changed", op.Path.AttrPath)
	}
	if op.Kind == scim.Remove && op.Value != "" {
		return scim.InvalidValue("remove takes no value; select members with a filter (RFC 7644 section 3.5.2.2)")
	}
	ids, err := memberIDs(op.Value)
	if err != nil {
		return err
	}
	if op.Kind != scim.Add {
		r.clear()
	}
	r.set(true, ids...)
	return nil
}

// named returns the ids that a filter on members selects: value eq "x", or several of these joined
// by or.
func named(f scim.Filter) ([]string, error) {
	switch f := f.(type) {
	case scim.Compare:
		if f.Attr.Is(scim.AttrPath{Name: "value"}) && f.Op == scim.Eq && document.IsText(f.Value) {
			return []string{document.Text(f.Value)}, nil
		}
	case scim.Or:
		var ids []string
		for _, t := range f.Terms {
			one, err := named(t)
			if err != nil {
				return nil, err
			}
			ids = append(ids, one...)
		}
		return ids, nil
	case scim.And, scim.Not, scim.Present, scim.Within:
	}
	return nil, scim.InvalidFilter(`members can be selected by value eq "…", joined by or`)
}

func (r *roster) membership() directory.MemberChange {
	m := directory.MemberChange{Replace: r.only}
	for _, id := range r.order {
		switch {
		case r.last[id]:
			m.Add = append(m.Add, id)
		case !r.only:
			m.Remove = append(m.Remove, id)
		}
	}
	return m
}
