package profile

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"strings"
	"unicode"
)

// The syntax of an address as Keycloak checks it at a POST (measured on 26.7.3; it is a variant of
// Hibernate Validator's). RFC 5321 and net/mail differ from it in both directions: Keycloak refuses
// "a@b_c.com" and accepts a quoted local part.
var (
	localPart = regexp.MustCompile("^" + word + `(?:\.` + word + ")*$")
	label     = regexp.MustCompile("^" + labelChar + "(?:-*" + labelChar + ")*$")
	// separators are the dots of RFC 3490 section 3.1 that Keycloak's platform takes (measured).
	separators = regexp.MustCompile(`[.。．｡]`)
)

const (
	beyondASCII = `\x{80}-\x{FFFF}` // Keycloak refuses characters beyond U+FFFF
	labelChar   = "[a-zA-Z0-9!#$%&'*+/=?^`{|}~" + beyondASCII + "]"
	word        = "(?:[a-zA-Z0-9!#$%&'*+/=?^_`{|}~" + beyondASCII + "-]+" +
		`|"(?:[a-zA-Z0-9!#$%&'*.(),<>\[\]:; @+/=?^_` + "`" + `{|}~` + beyondASCII + `-]|\\\\|\\")+")`

	maxLocalPart = 64
	maxDomain    = 255
	// maxLabel is RFC 1035's. Keycloak counts the encoded form of a label that is not ASCII, which
	// is longer: a POST may be refused by Keycloak although this check passes.
	maxLabel = 63
)

func checkEmail(text string, _ json.RawMessage) string {
	at := strings.LastIndexByte(text, '@')
	if at < 0 || units(text[:at]) > maxLocalPart || !localPart.MatchString(text[:at]) || !isDomain(text[at+1:]) {
		return "is not an e-mail address"
	}
	return ""
}

// isDomain reports whether a text is a domain: labels, or an IP address in brackets.
func isDomain(text string) bool {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		inner, closed := strings.CutSuffix(inner, "]")
		six, isSix := strings.CutPrefix(inner, "IPv6:")
		ip, err := netip.ParseAddr(six)
		return closed && err == nil && ip.Is6() == isSix && ip.Zone() == ""
	}
	for _, l := range separators.Split(text, -1) {
		if units(l) > maxLabel || !label.MatchString(l) || strings.EqualFold(l, "xn--") || strings.ContainsFunc(l, hidden) {
			return false
		}
	}
	return units(text) <= maxDomain
}

// hidden reports characters that no internationalised name has, or that are dropped from it.
func hidden(c rune) bool { return unicode.In(c, unicode.Cc, unicode.Cf) }
