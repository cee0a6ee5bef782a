package scim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

func TestManyMembers(t *testing.T) {
	t.Parallel()
	const n = 8_000
	list := func(format string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(parts, ",")
	}
	r := document.Must(`{"` + foreign + `":{` + list(`"a%d":1`) + `}}`)
	other := document.Must(`{"` + foreign + `":{` + list(`"a%d":2`) + `}}`)
	if got := len(slices.Collect(r.Assigned().Leaves())); got != n {
		t.Errorf("%d leaves", got)
	}
	if ops := scim.Diff(r, other); len(ops) != n {
		t.Errorf("%d operations", len(ops))
	}
	add := scim.Op{Kind: scim.Add, Path: scimtest.Path(t, "emails"), Value: "[" + list(`{"value":"v%d"}`) + "]"}
	once, err := scim.CoreSchemas().Apply(scim.User, document.Must("{}"), []scim.Op{add, add})
	if err != nil || len(document.Elements(once.Raw("emails"))) != n {
		t.Errorf("%v, %d values", err, len(document.Elements(once.Raw("emails"))))
	}
}
