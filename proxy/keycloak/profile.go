package keycloak

import (
	"encoding/json"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// annotation names the SCIM path of an attribute of the user profile.
const annotation = "kc.scim.schema.attribute"

// profile is a realm's declarative user profile, by SCIM path (scim.AttrPath.Key).
type profile struct {
	mapped map[string]profileAttribute
	// shown are the attributes that Keycloak may show of a user; nil: it is not known.
	shown []string
}

type profileAttribute struct {
	Name        string                     `json:"name"`
	Validations map[string]json.RawMessage `json:"validations"`
	Annotations map[string]any             `json:"annotations"`
	Required    *struct {
		Roles []string `json:"roles"`
	} `json:"required"`
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

func parseProfile(body []byte) (profile, error) {
	var doc struct {
		Attributes []profileAttribute `json:"attributes"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return profile{}, err
	}
	p := profile{map[string]profileAttribute{}, []string{"userName", "emails", "name", "active", "groups", "meta"}}
	for _, a := range doc.Attributes {
		path, ok := builtIn[a.Name]
		if !ok {
			if text, _ := a.Annotations[annotation].(string); text != "" {
				p.shown = append(p.shown, text)
			}
			path, ok = annotated(a)
		}
		if ok {
			a.path = path
			p.mapped[path.Key()] = a
		}
	}
	return p, nil
}

// annotated is the path of an attribute that Keycloak maps as text. What the schema says is a list or an object is dropped by Keycloak
// although it is annotated (measured for phoneNumbers and roles), so it does not count as mapped. Nor does what an administrator may
// not edit.
func annotated(a profileAttribute) (scim.AttrPath, bool) {
	text, _ := a.Annotations[annotation].(string)
	path, err := scim.ParseAttrPath(text)
	if text == "" || err != nil || path.Name == "" || !slices.Contains(a.Permissions.Edit, "admin") {
		return path, false
	}
	schemas := scim.CoreSchemas()
	def, known := schemas.Lookup(scim.User, path)
	if top, ok := schemas.Lookup(scim.User, path.Top()); ok && top.MultiValued {
		return path, false
	}
	text = strings.ToLower(def.Type)
	return path, !known && path.URN != "" || known && !def.MultiValued && (text == "string" || text == "reference")
}

// knows reports whether the schemas or the profile have an attribute or extension of that name. The
// name is in lower case.
func (p profile) knows(t scim.ResourceType, name string) bool {
	schemas := scim.CoreSchemas()
	path, err := scim.ParseAttrPath(name)
	if _, ok := schemas.Lookup(t, path); ok && err == nil {
		return true
	}
	for _, e := range schemas.Extensions(t) {
		if strings.EqualFold(e.ID, name) {
			return true
		}
	}
	_, mapped := p.mapped[name]
	return t == scim.User && (mapped || slices.ContainsFunc(p.shown, func(text string) bool {
		shown, err := scim.ParseAttrPath(text)
		return err == nil && (shown.Top().Key() == name || shown.URN != "" && strings.EqualFold(shown.URN, name))
	}))
}

// required reports whether an update through the administration may not leave the attribute out. A requirement for the role "user" binds
// people who edit their own account only (measured: an administrator's PATCH may remove it, a POST may not leave it out).
func (a profileAttribute) required() bool {
	return a.Required != nil && (len(a.Required.Roles) == 0 || slices.Contains(a.Required.Roles, "admin"))
}

// stockProfile is that of a new realm of Keycloak 26.
func stockProfile() profile {
	length := func(minimum string) json.RawMessage { return json.RawMessage(`{` + minimum + `"max":255}`) }
	p := profile{mapped: map[string]profileAttribute{}}
	for name, checks := range map[string]map[string]json.RawMessage{
		"username":  {"length": length(`"min":3,`), "username-prohibited-characters": nil},
		"email":     {"length": length(""), "email": nil},
		"firstName": {"length": length(""), "person-name-prohibited-characters": nil},
		"lastName":  {"length": length(""), "person-name-prohibited-characters": nil},
	} {
		p.mapped[builtIn[name].Key()] = profileAttribute{Name: name, Validations: checks, path: builtIn[name]}
	}
	return p
}
