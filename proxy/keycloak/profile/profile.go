package profile

import (
	"encoding/json"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// annotation names the SCIM path of an attribute of the user profile.
const annotation = "kc.scim.schema.attribute"

// Profile is a realm's declarative user profile. It is immutable.
type Profile struct {
	// mapped are the attributes that Keycloak maps, by scim.AttrPath.Key.
	mapped map[string]attribute
	// shown are the attributes that Keycloak may show of a user; nil if the profile is not known.
	shown []string
	able  directory.Capabilities
	// unset are the required attributes that no SCIM attribute sets, blocking those of them without
	// which Keycloak refuses a create; bare are those without annotations.
	unset, blocking, bare []string
}

type attribute struct {
	Name        string                     `json:"name"`
	Validations map[string]json.RawMessage `json:"validations"`
	Annotations map[string]any             `json:"annotations"`
	Required    *struct {
		Roles  []string `json:"roles"`
		Scopes []string `json:"scopes"`
	} `json:"required"`
	Default     string `json:"defaultValue"`
	Permissions struct {
		Edit []string `json:"edit"`
	} `json:"permissions"`
	path scim.AttrPath
}

// builtIn are mapped without an annotation.
var builtIn = map[string]scim.AttrPath{
	"username":  {Name: "userName"},
	"email":     {Name: "emails"},
	"firstName": {Name: "name", Sub: "givenName"},
	"lastName":  {Name: "name", Sub: "familyName"},
}

// Parse reads a user profile as Keycloak's Admin REST API represents it.
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
	p := newProfile(mapped, shown)
	p.unset, p.blocking, p.bare = unset, blocking, bare
	return p, nil
}

// Stock is the profile of a new realm of Keycloak 26, for a credential that may not read the
// realm's own: less is offered and pushed down then, but nothing is lost.
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
	return newProfile(mapped, nil)
}

func newProfile(mapped map[string]attribute, shown []string) *Profile {
	return &Profile{mapped: mapped, shown: shown, able: able(mapped)}
}

// annotation is the SCIM path that an administrator gave the attribute, or "".
func (a attribute) annotation() string {
	text, _ := a.Annotations[annotation].(string)
	return text
}

// annotated is the path of an attribute that Keycloak maps as text. Keycloak drops an annotated
// attribute whose schema says list or object (measured for phoneNumbers and roles), so it does not
// count as mapped; neither does an attribute that an administrator may not edit.
func (a attribute) annotated() (scim.AttrPath, bool) {
	text := a.annotation()
	path, err := scim.ParseAttrPath(text)
	if text == "" || err != nil || path.Name == "" || !slices.Contains(a.Permissions.Edit, "admin") {
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

// required reports whether an update by an administrator must keep the attribute. A requirement for
// the role "user" binds only people who edit their own account (measured: an administrator's PATCH
// may remove the attribute, a POST may not leave it out).
func (a attribute) required() bool {
	return a.binds() && (len(a.Required.Roles) == 0 || slices.Contains(a.Required.Roles, "admin"))
}
