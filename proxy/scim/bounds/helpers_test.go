package bounds_test

import (
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
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
