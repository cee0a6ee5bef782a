package writing

import (
	"context"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

var lastModified = scim.AttrPath{Name: "meta", Sub: "lastModified"}

// restore gives a resource values and members back. A value is restored if it is still the expected
// one when the resource is locked; the answer names the others. meta.lastModified is restored last,
// and only if everything else was.
func (s *Service) restore(ctx context.Context, c protocol.Restore) (protocol.Answer, error) {
	if err := s.Prove(ctx, c.Ref); err != nil {
		return protocol.Answer{}, err
	}
	unlock, err := s.lock(ctx, c.Key())
	if err != nil {
		return protocol.Answer{}, scim.Unavailable("the lock", err)
	}
	ctx, outcome := directory.WithOutcome(ctx)
	defer s.release(unlock, outcome)
	r := s.restoration(c)
	var before, after scim.Resource
	if len(c.Values) > 0 || c.Revive {
		first := directory.WithMembersToCome(ctx, c.Members)
		if c.Revive {
			first = directory.Reviving(first)
		}
		after, err = s.below.Update(first, c.Ref, func(now scim.Resource) (scim.Resource, error) { before = now; return r.first(now) })
		if err != nil {
			return protocol.Answer{}, err
		}
	}
	if !c.Members.Empty() {
		if err := s.below.ChangeMembers(ctx, c.Ref, c.Members); err != nil {
			return protocol.Answer{}, s.takeBack(ctx, c.Ref, before, after, err)
		}
	}
	if r.last(after) {
		after, err = s.below.Update(ctx, c.Ref, r.second)
	}
	return protocol.Answer{Resource: after, Left: r.left}, err
}

// restoration is a Restore under way.
type restoration struct {
	protocol.Restore
	schemas scim.Schemas
	made    []protocol.Value // of attributes that Keycloak makes itself from others
	values  []protocol.Value // of other attributes
	time    *protocol.Value  // meta.lastModified; nil: it is not restored
	left    []scim.AttrPath
}

func (s *Service) restoration(c protocol.Restore) *restoration {
	r := &restoration{Restore: c, schemas: s.schemas}
	can := s.below.Capabilities()
	for _, v := range c.Values {
		switch {
		case v.Path.Is(lastModified):
			r.time = &v
		case can.Placement(c.Type, v.Path) == directory.ServerMade:
			r.made = append(r.made, v)
		default:
			r.values = append(r.values, v)
		}
	}
	return r
}

// first sets all values but those that Keycloak makes from others. These are removed, so that
// Keycloak makes them anew: whether they were requested shows afterwards.
func (r *restoration) first(now scim.Resource) (scim.Resource, error) {
	r.left = nil
	doc := now.Object()
	if r.Revive {
		doc = document.NewObject()
		for _, name := range []string{"schemas", "id", "meta", "groups"} {
			doc.Put(name, now.Raw(name))
		}
	}
	set := func(v protocol.Value, to string) {
		if r.Revive || document.Same(now.Get(v.Path), v.From) {
			doc.Set(v.Path, to)
			return
		}
		r.left = append(r.left, v.Path)
	}
	for _, v := range r.values {
		set(v, v.To)
	}
	for _, v := range r.made {
		set(v, "")
	}
	if r.time != nil && !r.Revive && !document.Same(now.Get(lastModified), r.time.From) {
		r.time = nil // changed meanwhile
	}
	if r.time != nil && len(r.left) == 0 && len(r.made) == 0 && r.Members.Empty() {
		doc.Set(lastModified, r.time.To)
	}
	wanted := doc.Resource()
	return wanted, r.schemas.CheckRequired(r.Type, wanted)
}

// last reports whether a second edit is needed. after is the resource after the first one.
func (r *restoration) last(after scim.Resource) bool {
	r.made = slices.DeleteFunc(r.made, func(v protocol.Value) bool {
		return v.To == "" || slices.Contains(r.left, v.Path) || document.Same(after.Get(v.Path), v.To)
	})
	moved := !r.Members.Empty() // a change of members sets the time
	whole := r.time != nil && len(r.left) == 0 && (moved || after.Get(lastModified) != r.time.To)
	if !whole {
		r.time = nil
	}
	return len(r.made) > 0 || whole
}

// second sets what Keycloak has not made by itself, and the time of the last change.
func (r *restoration) second(now scim.Resource) (scim.Resource, error) {
	doc := now.Object()
	for _, v := range r.made {
		doc.Set(v.Path, v.To)
	}
	if r.time != nil {
		doc.Set(lastModified, r.time.To)
	}
	return doc.Resource(), nil
}
