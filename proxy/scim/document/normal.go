package document

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim/document/internal/jsontext"
)

// Fold returns the same text for all names that strings.EqualFold considers equal.
func Fold(name string) string { return jsontext.Fold(name) }

// Lower returns a text in lower case, for comparisons of values without letter case. Unlike
// strings.ToLower it keeps İ (U+0130) apart from i, as Unicode's case mapping and Keycloak do.
func Lower(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "\u0130", "i\u0307"))
}

// Trim returns a text without spaces and control characters (up to U+0020) at its ends.
func Trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
}
