package profile

import (
	"encoding/json"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

var (
	emails   = scim.AttrPath{Name: "emails"}
	userName = scim.AttrPath{Name: "userName"}
	active   = scim.AttrPath{Name: "active"}
)

// holds reports whether Keycloak stores a value that is sent for the path. Attributes that Keycloak
// computes are ServerMade as a whole.
func (p *Profile) holds(t scim.ResourceType, path scim.AttrPath) bool {
	if p.capabilities.Placement(t, path.Top()) == directory.ServerMade {
		return false
	}
	switch p.capabilities.Placement(t, path) {
	case directory.CaseFolded, directory.Normalised, directory.Native, directory.PrimaryOnly, directory.WriteOnce:
		return true
	case directory.StoreOnly, directory.ServerMade:
		return false
	}
	return false
}

// Create is the body of a native create: what Keycloak holds, with one e-mail address, `active`,
// because a POST without it makes a disabled user, and the URN of each extension, because Keycloak
// drops mapped attributes of an extension that "schemas" does not list. Of a list it has the first
// element: see list.go.
func (p *Profile) Create(t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	out := document.Must("{}").Object()
	for l := range r.Leaves() {
		if !p.holds(t, l.Path) || none(l.Path, l.Raw) || unfit(t, l) {
			continue
		}
		raw, err := p.value(t, l)
		if err != nil {
			return scim.Resource{}, err
		}
		if p.mapped[l.Path.Key()].list() {
			raw = document.Elements(raw)[0]
		}
		out.Set(l.Path, raw)
	}
	if name := scim.Identifying(t); out.Get(name) == "" {
		return scim.Resource{}, scim.InvalidValue("%s is required", name)
	}
	if t == scim.User && out.Get(active) == "" {
		out.Set(active, "true")
	}
	return scim.WithSchemas(t, out.Resource()), nil
}

// Op is one operation of a native PATCH.
type Op struct {
	Op    string          `json:"op"`
	Path  string          `json:"path,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
}

// Patch is the smallest native PATCH that turns current into wanted, as far as Keycloak holds it.
// Current is what Keycloak shows, without Lists.
// Removals go to leaf paths: natively "remove name" answers 200 and removes nothing. Values that do
// not change are not validated: they may be older than the profile's rules.
func (p *Profile) Patch(t scim.ResourceType, current, wanted scim.Resource) ([]Op, error) {
	var ops []Op
	shows, wants := current.Object(), wanted.Object()
	for l := range current.Leaves() {
		if !p.holds(t, l.Path) || l.Path.Is(active) || !none(l.Path, wants.Get(l.Path)) {
			continue // a user whose active is missing is not disabled
		}
		if p.needed(t, l.Path) {
			return nil, scim.InvalidValue("%s is required", l.Path)
		}
		ops = append(ops, Op{Op: "remove", Path: l.Path.String()})
	}
	for l := range wanted.Leaves() {
		if !p.holds(t, l.Path) || none(l.Path, l.Raw) || unfit(t, l) || p.shows(t, l.Path, shows.Get(l.Path), l.Raw) {
			continue
		}
		raw, err := p.value(t, l)
		if err != nil {
			return nil, err
		}
		ops = append(ops, Op{"replace", l.Path.String(), json.RawMessage(raw)})
	}
	return ops, nil
}

// none reports whether there is no value for Keycloak to store. A PATCH would store "" as "", and a
// POST stores a text of blanks as nothing.
func none(p scim.AttrPath, raw string) bool {
	if p.Is(emails) {
		return Address(raw) == ""
	}
	return raw == "" || raw == "[]" || document.IsText(raw) && document.Trim(document.Text(raw)) == ""
}

// unfit reports whether Keycloak cannot store a value that need not be stored there: a group's
// externalId of more than 255 characters is 500 (measured).
func unfit(t scim.ResourceType, l scim.Leaf) bool {
	return t == scim.Group && !l.Path.Is(scim.Identifying(t)) && checkColumn(document.Text(l.Raw)) != ""
}

// needed reports whether a value cannot be removed. Keycloak answers 500 for a user without
// userName.
func (p *Profile) needed(t scim.ResourceType, path scim.AttrPath) bool {
	return path.Is(scim.Identifying(t)) || t == scim.User && p.mapped[path.Key()].required()
}

// shows reports whether Keycloak has the wanted value already. It compares as Keycloak stores.
func (p *Profile) shows(t scim.ResourceType, path scim.AttrPath, shown, wanted string) bool {
	switch {
	case shown == "":
		return false
	case document.Same(shown, wanted):
		return true
	case path.Is(emails):
		return strings.EqualFold(Address(shown), Address(wanted))
	case p.capabilities.Placement(t, path) == directory.CaseFolded:
		return document.Lower(document.Text(shown)) == document.Lower(document.Trim(document.Text(wanted)))
	case p.mapped[path.Key()].list():
		return showsList(shown, wanted)
	}
	return document.IsText(wanted) && document.Text(shown) == document.Trim(document.Text(wanted))
}

// value checks a leaf and brings it into the form that Keycloak takes: without blanks at the ends
// of a text, which a POST removes and a PATCH stores (measured).
func (p *Profile) value(t scim.ResourceType, l scim.Leaf) (string, error) {
	if l.Path.Is(active) || t == scim.Group && !document.IsText(l.Raw) {
		return l.Raw, nil
	}
	if a := p.mapped[l.Path.Key()]; t == scim.User && a.list() {
		return a.listValue(l.Raw)
	}
	text := document.Trim(document.Text(l.Raw))
	raw := document.Quote(text)
	if t == scim.Group {
		if wrong := checkColumn(text); wrong != "" { // 500 (measured)
			return "", scim.InvalidValue("%s %s", l.Path, wrong)
		}
		return raw, nil
	}
	if l.Path.Is(emails) {
		text = Address(l.Raw)
		one := document.Must(`{"type":"work","primary":true}`).With("value", document.Quote(text))
		raw = document.Array([]string{one.String()})
	} else if !document.IsText(l.Raw) {
		return "", scim.InvalidValue("Keycloak stores %s as text, but the value is not a string", l.Path)
	}
	if a, ok := p.mapped[l.Path.Key()]; ok {
		if err := a.check(text); err != nil {
			return "", err
		}
	}
	return raw, nil
}

// Address returns the e-mail address of a list that Keycloak gets: the primary one, otherwise the
// first of type work, otherwise the first. Of two addresses, Keycloak would keep a random one.
func Address(list string) string {
	best, rank := "", 0
	for _, e := range document.Elements(list) {
		r, err := scim.Part(e)
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
