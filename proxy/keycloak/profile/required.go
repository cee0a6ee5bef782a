package profile

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"keycloak-scim-proxy/proxy/scim"
)

// binds reports whether the attribute is required without conditions. A requirement with client
// scopes binds only logins that ask for the scope (measured: not a POST).
func (a attribute) binds() bool { return a.Required != nil && len(a.Required.Scopes) == 0 }

// blocks reports whether Keycloak refuses a POST without the attribute: 26.7.3 checks it as if a
// user signed up, so attributes for administrators only do not count (measured).
func (a attribute) blocks() bool {
	return a.binds() && slices.Contains(a.Permissions.Edit, "user") && (len(a.Required.Roles) == 0 || slices.Contains(a.Required.Roles, "user"))
}

// required are the mapped attributes that the profile requires, in a fixed order.
func required(mapped map[string]attribute) map[scim.ResourceType][]scim.AttrPath {
	var paths []scim.AttrPath
	for _, key := range slices.Sorted(maps.Keys(mapped)) {
		if a := mapped[key]; a.binds() && a.Default == "" {
			paths = append(paths, a.path)
		}
	}
	if paths == nil {
		return nil
	}
	return map[scim.ResourceType][]scim.AttrPath{scim.User: paths}
}

// Unset are the attributes that no SCIM attribute sets and without which Keycloak refuses a create.
func (p *Profile) Unset() []string { return p.blocking }

// Bare are the attributes without annotations. If there is one, the SCIM API of 26.7.3 answers 500
// to whatever shows a user, and to a POST that it has carried out (measured).
func (p *Profile) Bare() []string { return p.bare }

// Concerns finds the attribute that a message of Keycloak names, such as "Please specify
// lastName.", in any language: its SCIM path, or the name of one that no SCIM attribute sets. A
// message that names several attributes concerns none.
func (p *Profile) Concerns(message string) (path scim.AttrPath, unset string) {
	words := strings.FieldsFunc(message, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-", r)
	})
	for i := range words {
		words[i] = strings.TrimRight(words[i], ".")
	}
	found := 0
	for _, a := range p.mapped {
		if slices.Contains(words, a.Name) {
			path = a.path
			found++
		}
	}
	for _, name := range p.unset {
		if slices.Contains(words, name) {
			unset = name
			found++
		}
	}
	if found != 1 {
		return scim.AttrPath{}, ""
	}
	return path, unset
}
