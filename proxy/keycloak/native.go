package keycloak

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

var (
	emails   = scim.AttrPath{Name: "emails"}
	userName = scim.AttrPath{Name: "userName"}
	active   = scim.AttrPath{Name: "active"}
)

// standard is a native resource as a standard directory would show it: without values that stand for nothing (Keycloak leaves
// "manager":{} and "urn:…":{} behind), without locations of its own.
func standard(body []byte) (scim.Resource, error) {
	r, err := scim.ParseResource(body)
	if err != nil || r.ID() == "" {
		return scim.Resource{}, scim.Upstream(err)
	}
	return r.Assigned().Set(scim.AttrPath{Name: "meta", Sub: "location"}, ""), nil
}

// held reports whether Keycloak stores what is sent for the path. What it gives itself is Derived as a whole.
func (f *Facts) held(t scim.ResourceType, p scim.AttrPath) bool {
	if f.able.Holding(t, p.Top()) == scim.Derived {
		return false
	}
	switch f.able.Holding(t, p) {
	case scim.Folded, scim.Native, scim.Partly, scim.Once:
		return true
	case scim.Kept, scim.Derived:
		return false
	}
	return false
}

// post is the body of a native create: only what Keycloak holds, one e-mail, `active` always said, since a POST without it makes a
// disabled user, and the URN of each extension, since Keycloak drops mapped attributes of an extension that "schemas" does not list.
func (f *Facts) post(t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	out := document.Must("{}").Object()
	for l := range r.Leaves() {
		if !f.held(t, l.Path) || none(l.Path, l.Raw) {
			continue
		}
		raw, err := f.value(t, l)
		if err != nil {
			return scim.Resource{}, err
		}
		out.Set(l.Path, raw)
	}
	if t == scim.User && out.Get(active) == "" {
		out.Set(active, "true")
	}
	return scim.WithSchemas(t, out.Resource()), nil
}

// patch is the smallest native PATCH that turns current into wanted, as far as Keycloak holds it. Removals go to leaf paths: natively
// "remove name" answers 200 and removes nothing. What does not change is not validated: it may be older than the profile's rules.
func (f *Facts) patch(t scim.ResourceType, current, wanted scim.Resource) ([]nativeOp, error) {
	var ops []nativeOp
	shows, wants := current.Object(), wanted.Object()
	for l := range current.Leaves() {
		if !f.held(t, l.Path) || l.Path.Is(active) || !none(l.Path, wants.Get(l.Path)) {
			continue // "no value" for active does not disable anybody
		}
		if f.needed(t, l.Path) {
			return nil, scim.InvalidValue("%s is required", l.Path)
		}
		ops = append(ops, nativeOp{Op: "remove", Path: l.Path.String()})
	}
	for l := range wanted.Leaves() {
		if !f.held(t, l.Path) || none(l.Path, l.Raw) || f.shows(t, l.Path, shows.Get(l.Path), l.Raw) {
			continue
		}
		raw, err := f.value(t, l)
		if err != nil {
			return nil, err
		}
		ops = append(ops, nativeOp{"replace", l.Path.String(), rawJSON(raw)})
	}
	return ops, nil
}

// none reports whether there is no value as far as Keycloak is concerned: "" would be stored as "".
func none(p scim.AttrPath, raw string) bool {
	if p.Is(emails) {
		return address(raw) == ""
	}
	return raw == "" || raw == `""`
}

// needed reports whether a resource cannot be without the value: natively a user whose userName is removed answers 500 from then on.
func (f *Facts) needed(t scim.ResourceType, p scim.AttrPath) bool {
	return p.Is(scim.Identifying(t)) || t == scim.User && f.profile.mapped[p.Key()].required()
}

// shows reports whether Keycloak shows the value already, in the letter case it stores.
func (f *Facts) shows(t scim.ResourceType, p scim.AttrPath, shown, wanted string) bool {
	switch {
	case shown == "":
		return false
	case p.Is(emails):
		return strings.EqualFold(address(shown), address(wanted))
	case f.able.Holding(t, p) == scim.Folded:
		return strings.EqualFold(document.Text(shown), document.Text(wanted))
	}
	return document.Same(shown, wanted)
}

// value checks a leaf and brings it into the form that Keycloak takes.
func (f *Facts) value(t scim.ResourceType, l scim.Leaf) (string, error) {
	if l.Path.Is(active) || t == scim.Group {
		return l.Raw, nil
	}
	text, raw := document.Text(l.Raw), l.Raw
	if l.Path.Is(emails) {
		text = address(l.Raw)
		raw = "[" + document.Must(`{"type":"work","primary":true}`).With("value", document.Quote(text)).String() + "]"
	} else if !document.IsText(l.Raw) {
		return "", scim.InvalidValue("%s is kept by Keycloak as text and is not a string", l.Path)
	}
	if l.Path.Is(userName) && strings.TrimSpace(text) == "" {
		return "", scim.InvalidValue("userName is required")
	}
	if a, ok := f.profile.mapped[l.Path.Key()]; ok {
		if err := a.check(text); err != nil {
			return "", err
		}
	}
	return raw, nil
}

// address is the one e-mail address of a list that Keycloak gets: the primary one, else the first of type work, else the first.
// Natively either of two is kept, at random.
func address(list string) string {
	best, rank := "", 0
	for _, e := range document.Elements(list) {
		r, err := scim.ParseResource([]byte(e))
		value := document.Text(r.Raw("value"))
		if err != nil || value == "" {
			continue
		}
		mine := 1
		if strings.EqualFold(document.Text(r.Raw("type")), "work") {
			mine = 2
		}
		if r.Raw("primary") == "true" {
			mine = 3
		}
		if mine > rank {
			best, rank = value, mine
		}
	}
	return best
}
