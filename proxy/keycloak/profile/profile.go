package profile

import (
	"encoding/json"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/representation"
	"keycloak-scim-proxy/proxy/scim"
)

// annotation is the annotation of a profile attribute that has its SCIM path.
const annotation = "kc.scim.schema.attribute"

// Profile is a realm's declarative user profile. It is immutable.
type Profile struct {
	// mapped has the attributes that Keycloak maps, by scim.AttrPath.Key.
	mapped   map[string]attribute
	readOnly []scim.AttrPath
	// shown are the attributes that Keycloak may show of a user; nil if the profile is not known.
	shown        []string
	capabilities directory.Capabilities
	addressed    bool
	settled      bool
	answers      map[scim.ResourceType]*Answers
	trust        *representation.Trust
	// opaque are annotated attributes of which the Admin REST API does not tell what the SCIM API
	// shows.
	opaque []scim.AttrPath
	// unset are the required attributes that no SCIM attribute sets, blocking those of them without
	// which Keycloak refuses a create; bare are those without annotations.
	unset, blocking, bare []string
}

type attribute struct {
	Name        string                     `json:"name"`
	Validations map[string]json.RawMessage `json:"validations"`
	Annotations map[string]any             `json:"annotations"`
	Multivalued bool                       `json:"multivalued"`
	Required    *struct {
		Roles  []string `json:"roles"`
		Scopes []string `json:"scopes"`
	} `json:"required"`
	Default     string `json:"defaultValue"`
	Permissions struct {
		View []string `json:"view"`
		Edit []string `json:"edit"`
	} `json:"permissions"`
	path scim.AttrPath
}

// builtIn has the attributes that are mapped without an annotation.
var builtIn = map[string]scim.AttrPath{
	"username":  {Name: "userName"},
	"email":     {Name: "emails"},
	"firstName": {Name: "name", Sub: "givenName"},
	"lastName":  {Name: "name", Sub: "familyName"},
}

// Parse reads a user profile in the form of Keycloak's Admin REST API.
func Parse(document []byte) (*Profile, error) {
	var doc struct {
		Attributes []attribute `json:"attributes"`
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		return nil, err
	}
	mapped := map[string]attribute{}
	var unset, blocking, bare []string
	shown := []string{"userName", "emails", "name", "active", "groups", "meta"}
	for _, a := range doc.Attributes {
		path, ok := builtIn[a.Name]
		if !ok {
			if a.Annotations == nil {
				bare = append(bare, a.Name)
			}
			if text := a.annotation(); text != "" {
				shown = append(shown, text)
			}
			path, ok = a.annotated()
		}
		if ok {
			a.path = path
			mapped[path.Key()] = a
		} else if a.binds() && a.Default == "" {
			unset = append(unset, a.Name)
			if a.blocks() {
				blocking = append(blocking, a.Name)
			}
		}
	}
	p := newProfile(mapped, readOnly(doc.Attributes), shown)
	p.unset, p.blocking, p.bare, p.opaque = unset, blocking, bare, opaque(doc.Attributes)
	return p, nil
}

// Stock returns the profile of a new realm of Keycloak 26, for a credential that may not read the
// realm's own. Then more attributes are kept in the store, and fewer filters are left to Keycloak.
func Stock() *Profile {
	length := func(minimum string) json.RawMessage {
		return json.RawMessage(`{` + minimum + `"max":255}`)
	}
	mapped := map[string]attribute{}
	for name, checks := range map[string]map[string]json.RawMessage{
		"username":  {"length": length(`"min":3,`), "username-prohibited-characters": nil},
		"email":     {"length": length(""), "email": nil},
		"firstName": {"length": length(""), "person-name-prohibited-characters": nil},
		"lastName":  {"length": length(""), "person-name-prohibited-characters": nil},
	} {
		mapped[builtIn[name].Key()] = attribute{Name: name, Validations: checks, path: builtIn[name]}
	}
	return newProfile(mapped, nil, nil)
}

func newProfile(mapped map[string]attribute, readOnly []scim.AttrPath, shown []string) *Profile {
	return &Profile{mapped: mapped, readOnly: readOnly, shown: shown, capabilities: capabilities(mapped, readOnly), answers: map[scim.ResourceType]*Answers{scim.User: {}, scim.Group: {}}, trust: &representation.Trust{}}
}

// WithAddresses returns the profile for a realm that uses the e-mail address as userName
// (registrationEmailAsUsername). Keycloak stores the name that is sent, by which it filters and
// lists, and shows the address in its place (measured).
func (p *Profile) WithAddresses() *Profile {
	own := capabilities(p.mapped, p.readOnly)
	own.Filters[scim.User]["username"] = directory.NoNegation // a user may have no address
	delete(own.Order, scim.User)
	own.FilterLimits.Length, own.FilterLimits.Nesting = own.FilterLimits.Length/3, own.FilterLimits.Nesting-1 // a comparison of userName becomes two: see Filter
	out := *p
	out.capabilities, out.addressed = own, true
	return &out
}

// WithSettings returns the profile for a realm whose settings are known: see WithAddresses.
func (p *Profile) WithSettings(addresses bool) *Profile {
	out := *p
	if addresses {
		out = *p.WithAddresses()
	}
	out.settled = true
	return &out
}

// Settled reports whether the realm's settings are known. Some credentials may read the profile and
// not the settings.
func (p *Profile) Settled() bool { return p.settled }

// Addressed reports whether the realm uses the e-mail address as userName.
func (p *Profile) Addressed() bool { return p.addressed }

// annotation is the SCIM path that an administrator gave the attribute, or "".
func (a attribute) annotation() string {
	text, _ := a.Annotations[annotation].(string)
	return text
}

// annotated returns the path of an annotated attribute, and reports whether Keycloak maps it as
// text and an administrator may edit it.
func (a attribute) annotated() (scim.AttrPath, bool) {
	path, text := a.text()
	return path, text && slices.Contains(a.Permissions.Edit, "admin")
}

// readOnly returns the annotated attributes that Keycloak shows and an administrator may not edit.
func readOnly(all []attribute) (paths []scim.AttrPath) {
	for _, a := range all {
		path, shown := a.text()
		if _, own := builtIn[a.Name]; shown && !own && !slices.Contains(a.Permissions.Edit, "admin") {
			paths = append(paths, path)
		}
	}
	return paths
}

// text returns the path of an annotated attribute, and reports whether Keycloak shows it as text.
// Keycloak drops annotated attributes that are lists or objects in the schema (measured for
// phoneNumbers and roles).
func (a attribute) text() (scim.AttrPath, bool) {
	text := a.annotation()
	path, err := scim.ParseAttrPath(text)
	if text == "" || err != nil || path.Name == "" {
		return path, false
	}
	schemas := scim.CoreSchemas()
	def, known := schemas.Lookup(scim.User, path)
	if top, ok := schemas.Lookup(scim.User, path.Top()); ok && top.MultiValued {
		return path, false
	}
	if !known {
		return path, path.URN != ""
	}
	kind := strings.ToLower(def.Type)
	return path, !def.MultiValued && (kind == "string" || kind == "reference")
}

// required reports whether an update by an administrator must keep the attribute. If it is required
// only for the role "user", an administrator's PATCH may remove it, but a POST must have it
// (measured).
func (a attribute) required() bool {
	return a.binds() && (len(a.Required.Roles) == 0 || slices.Contains(a.Required.Roles, "admin"))
}
