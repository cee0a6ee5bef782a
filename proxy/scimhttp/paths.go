package scimhttp

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// normalise writes equal paths alike (RFC 3986 section 6.2.2): unreserved characters as they are,
// all other escapes with capital digits. It runs before routing, so that the router, the rules of
// what is passed on and Keycloak all read the same path.
func normalise(u *url.URL) {
	u.RawPath = escape.ReplaceAllStringFunc(u.EscapedPath(), func(e string) string {
		text, err := url.PathUnescape(e)
		if err == nil && unreserved.MatchString(text) {
			return text
		}
		return strings.ToUpper(e)
	})
}

var unreserved = regexp.MustCompile(`^[A-Za-z0-9._~-]$`)

// unambiguous reports whether every server on the way reads a normalised path alike: no server
// joins, drops or resolves segments of it, cuts it or decodes it once more.
func unambiguous(u *url.URL) bool {
	p := u.Path
	return strings.HasPrefix(p, "/") &&
		!strings.Contains(p, "//") &&
		!strings.Contains(u.EscapedPath(), "%2F") &&
		!strings.ContainsAny(p, `\;?#`) &&
		!escape.MatchString(p) &&
		utf8.ValidString(p) && !strings.ContainsFunc(p, unicode.IsControl) &&
		!slices.ContainsFunc(strings.Split(p, "/"), func(s string) bool { return s == "." || s == ".." })
}
