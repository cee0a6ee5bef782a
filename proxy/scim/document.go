package scim

import "keycloak-scim-proxy/proxy/scim/document"

// The nouns of SCIM documents. Operations on their JSON text are in package document.
type (
	// Resource is an immutable JSON object.
	Resource = document.Resource
	// Object is a JSON object that is parsed once and changed in place.
	Object = document.Object
	// AttrPath names an attribute: [URN:]Name[.Sub].
	AttrPath = document.AttrPath
	// Leaf is one value with its path.
	Leaf = document.Leaf
)

// ParseResource accepts one JSON object whose top-level names differ by more than letter case (RFC
// 7643 section 2.1).
func ParseResource(b []byte) (Resource, error) {
	r, err := document.Parse(b)
	if err != nil {
		return r, InvalidSyntax("%s", said(err.Error()))
	}
	return r, nil
}

// Part is ParseResource for a part of JSON text that was checked before.
func Part(raw string) (Resource, error) {
	r, err := document.Part(raw)
	if err != nil {
		return r, InvalidSyntax("%s", said(err.Error()))
	}
	return r, nil
}
