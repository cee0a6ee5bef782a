package scim

import "keycloak-scim-proxy/proxy/scim/document"

// The types of package document that are used everywhere.
type (
	// Resource is an immutable JSON object.
	Resource = document.Resource
	// Object is a JSON object that is parsed once and changed in place.
	Object = document.Object
	// AttrPath names an attribute: [URN:]Name[.Sub].
	AttrPath = document.AttrPath
	// Leaf is a value with its path.
	Leaf = document.Leaf
)

// ParseResource parses a JSON object. Duplicate top-level names, without case, are refused (RFC
// 7643 section 2.1).
func ParseResource(b []byte) (Resource, error) {
	r, err := document.Parse(b)
	if err != nil {
		return r, InvalidSyntax("%s", said(err.Error()))
	}
	return r, nil
}

// Part is ParseResource for a part of JSON text that is known to be valid.
func Part(raw string) (Resource, error) {
	r, err := document.Part(raw)
	if err != nil {
		return r, InvalidSyntax("%s", said(err.Error()))
	}
	return r, nil
}
