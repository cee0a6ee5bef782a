package profile

import "keycloak-scim-proxy/proxy/directory"

// Limits of the SCIM API, measured on 26.7.3 (docs/keycloak.md; TestNativeFilterLimits).
const (
	// PageLimit is the largest page of a list. Keycloak returns no more, without an error.
	PageLimit = 100
	// filterLength is the longest filter in UTF-16 code units, and filterNesting the deepest
	// nesting of its parentheses and brackets. Above either, Keycloak answers 400 invalidFilter.
	filterLength  = 2048
	filterNesting = 10
	// nameLength is the longest userName in UTF-16 code units.
	nameLength = 255
)

// filterLimits are the limits of List: the native ones less the term that ResumeAfter adds for
// users. Each character of the userName in it may be escaped.
var filterLimits = directory.FilterLimits{
	Length:  filterLength - len(`() and userName gt ""`) - 2*nameLength,
	Nesting: filterNesting - 1,
}
