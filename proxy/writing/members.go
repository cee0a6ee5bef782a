package writing

import (
	"errors"
	"slices"
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

// splitOps divides a PATCH of a group into the operations on its members and the others.
func splitOps(t scim.ResourceType, ops []scim.Op) (rest, members []scim.Op, err error) {
	if t != scim.Group {
		return ops, nil, nil
	}
	for _, op := range ops {
		if op.Path.IsZero() {
			v, err := scim.Part(op.Value)
			if err != nil {
				return nil, nil, err
			}
			if raw := v.Raw("members"); raw != "" {
				members = append(members, scim.Op{Kind: op.Kind, Path: scim.Path{AttrPath: membersPath}, Value: raw})
				op.Value = v.Without("members").String()
			}
			if op.Value != "{}" {
				rest = append(rest, op)
			}
			continue
		}
		if op.Path.Top().Is(membersPath) {
			members = append(members, op)
		} else {
			rest = append(rest, op)
		}
	}
	return rest, members, nil
}

var membersPath = scim.AttrPath{Name: "members"}

// errUnread is for a filter that can be decided on the members only.
var errUnread = errors.New("the members were not read")

// fold is the net effect of operations on members, in their order. A filter that names ids needs no
// members; any other one is decided on those that the group has now. A member that the group does
// not have is removed already.
func fold(s scim.Schemas, ops []scim.Op, now []scim.Resource) (directory.MemberChange, error) {
	r := roster{schemas: s, now: now, last: map[string]bool{}}
	for _, op := range ops {
		if err := r.apply(op); err != nil {
			return directory.MemberChange{}, err
		}
	}
	return r.membership(), nil
}

// roster has the last operation on each id: true adds it, false removes it. With only, all other
// members are removed.
type roster struct {
	schemas scim.Schemas
	now     []scim.Resource // the members of the group; nil: they were not read
	only    bool
	order   []string
	last    map[string]bool
}

func (r *roster) set(in bool, ids ...string) {
	for _, id := range ids {
		if _, seen := r.last[id]; !seen {
			r.order = append(r.order, id)
		}
		r.last[id] = in
	}
}

func (r *roster) empty() {
	r.only, r.order, r.last = true, nil, map[string]bool{}
}

func (r *roster) apply(op scim.Op) error {
	if op.Path.Filter != nil {
		if op.Kind != scim.Remove || op.Path.Sub != "" {
			return scim.InvalidPath("members can be added and replaced by value, and removed by value or by a filter")
		}
		ids, err := r.selected(op.Path.Filter)
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
		r.empty()
	}
	r.set(true, ids...)
	return nil
}

// maxDecisions bounds how many comparisons a filter on members may need.
const maxDecisions = 1_000_000

// selected are the ids of the members that a filter selects at this point of the PATCH.
func (r *roster) selected(f scim.Filter) ([]string, error) {
	if ids, ok := named(f); ok {
		return ids, nil
	}
	if r.now == nil {
		return nil, errUnread
	}
	if (len(r.now)+len(r.last))*scim.Comparisons(f) > maxDecisions {
		return nil, scim.TooMany("the filter on members needs more than %d comparisons", maxDecisions)
	}
	var ids []string
	decide := func(id string, member scim.Resource) {
		group := document.Must("{}").With(membersPath.Name, document.Array([]string{member.String()}))
		if r.schemas.Match(scim.Within{Attr: membersPath, Filter: f}, scim.Group, group) {
			ids = append(ids, id)
		}
	}
	for _, m := range r.now {
		id := document.Text(m.Raw("value"))
		if in, said := r.last[id]; in || !said && !r.only {
			decide(id, m)
		}
	}
	for _, id := range r.order { // those that this PATCH adds
		if r.last[id] && !slices.ContainsFunc(r.now, func(m scim.Resource) bool { return document.Text(m.Raw("value")) == id }) {
			decide(id, document.Must(`{"type":"User"}`).With("value", document.Quote(id)))
		}
	}
	return ids, nil
}

// named reads the ids that a filter selects by itself: value eq "x", or several of those joined by
// or.
func named(f scim.Filter) ([]string, bool) {
	switch f := f.(type) {
	case scim.Compare:
		if f.Attr.Is(scim.AttrPath{Name: "value"}) && f.Op == scim.Eq && document.IsText(f.Value) {
			return []string{document.Text(f.Value)}, true
		}
	case scim.Or:
		var ids []string
		for _, t := range f.Terms {
			one, ok := named(t)
			if !ok {
				return nil, false
			}
			ids = append(ids, one...)
		}
		return ids, true
	case scim.And, scim.Not, scim.Present, scim.Within:
	}
	return nil, false
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
