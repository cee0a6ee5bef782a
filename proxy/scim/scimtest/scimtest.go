// Package scimtest has what the tests of the vocabulary share.
package scimtest

import (
	"strconv"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
)

// Foreign is an extension without a schema.
const Foreign = "urn:example:2.0:User"

// Refused checks that an error is a 400 with a scimType, and that its detail has the given words.
func Refused(t *testing.T, name string, err error, scimType string, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: not refused", name)
		return
	}
	e := scim.AsError(err)
	if e.Status != 400 || e.Type != scimType {
		t.Errorf("%s: %d %q (%s), want 400 %q", name, e.Status, e.Type, e.Detail, scimType)
	}
	for _, w := range words {
		if !strings.Contains(e.Detail, w) {
			t.Errorf("%s: %q does not say %q", name, e.Detail, w)
		}
	}
}

// Path parses a valid PATCH path; "" is no path.
func Path(t *testing.T, text string) scim.Path {
	t.Helper()
	if text == "" {
		return scim.Path{}
	}
	p, err := scim.ParsePath(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

// Numbered repeats one n times, with a number in place of "#".
func Numbered(n int, one string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(one, "#", strconv.Itoa(i))
	}
	return strings.Join(parts, ",")
}
