package keycloak

import "keycloak-scim-proxy/proxy/directory"

// Limits of the SCIM API, measured on 26.7.3 (docs/keycloak.md; TestNativeFilterLimits).
const (
	// pageLimit is the largest page of a list: more is cut without an error.
	pageLimit = 100
	// filterLength is the longest filter in UTF-16 code units, filterNesting the deepest nesting of
	// its parentheses and brackets: above either, Keycloak answers 400 invalidFilter.
	filterLength  = 2048
	filterNesting = 10
	// nameLength is the longest userName in UTF-16 code units.
	nameLength = 255
)

// filterLimits are those of a List: the native ones less the term that going on behind a user adds,
// whose name may have an escape before each character.
var filterLimits = directory.FilterLimits{
	Length:  filterLength - len(`() and userName gt ""`) - 2*nameLength,
	Nesting: filterNesting - 1,
}
