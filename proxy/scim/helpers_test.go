package scim_test

import (
	"strconv"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
)

const (
	enterprise = scim.EnterpriseURN
	foreign    = "urn:example:2.0:User" // an extension without a schema
)

// refused checks an error's scimType and that its detail has the given words.
func refused(t *testing.T, name string, err error, scimType string, words ...string) {
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

// path parses a valid PATCH path.
func path(t *testing.T, text string) scim.Path {
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

// numbered repeats one n times, with a number in place of "#".
func numbered(n int, one string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(one, "#", strconv.Itoa(i))
	}
	return strings.Join(parts, ",")
}
