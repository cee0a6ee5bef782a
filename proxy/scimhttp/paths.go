package scimhttp

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// normalise gives equal paths the same spelling (RFC 3986 section 6.2.2): unreserved characters are
// not escaped, and all other escapes have capital digits. It runs before routing, so that the
// router, the rules for passed-on paths and Keycloak read the same path.
func normalise(u *url.URL) {
	if u.RawPath = u.EscapedPath(); strings.IndexByte(u.RawPath, '%') < 0 {
		return
	}
	u.RawPath = escape.ReplaceAllStringFunc(u.RawPath, func(e string) string {
		text, err := url.PathUnescape(e)
		if err == nil && unreserved.MatchString(text) {
			return text
		}
		return strings.ToUpper(e)
	})
}

var unreserved = regexp.MustCompile(`^[A-Za-z0-9._~-]$`)

// unambiguous reports whether all servers read a normalised path in the same way: it has nothing
// for which a server might join, drop or resolve segments, cut the path, or decode it a second
// time.
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

// Public returns the scheme and host under which callers reach the server: those that are
// configured, or those of the request.
func Public(r *http.Request, configured string) string {
	if configured != "" {
		return configured
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}
