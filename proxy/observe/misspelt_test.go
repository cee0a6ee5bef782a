package observe_test

import (
	"fmt"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/proxy/observe"
)

// One warning per tenant and name, of what was kept, and of a bounded number of names.
func TestMisspelt(t *testing.T) {
	core, lines := observer.New(zap.DebugLevel)
	m := observe.NewMisspelt(zap.New(core))
	say := func(tenant, name string, status int) int {
		m.Observe(observe.Summary{Tenant: tenant, Status: status, Misspelt: []observe.Misspelling{{Name: name, Like: "displayName"}}}, 0)
		return len(lines.TakeAll())
	}
	for i, c := range []struct {
		tenant, name string
		status, want int
	}{
		{"a", "dispalyName", 400, 0}, {"a", "dispalyName", 200, 1}, {"a", "DispalyName", 200, 0}, {"b", "dispalyName", 201, 1}, {"a", "displayNam", 200, 1},
	} {
		if got := say(c.tenant, c.name, c.status); got != c.want {
			t.Errorf("%d: %d lines", i, got)
		}
	}
	n := 0
	for i := range 1000 {
		n += say("a", fmt.Sprint("displayName", i), 200)
	}
	if n != 98 {
		t.Errorf("%d more lines", n)
	}
	m.Observe(observe.Summary{Tenant: "c", RequestID: "r", Misspelt: []observe.Misspelling{{Name: "x", Like: "y"}}}, 0)
	if f := lines.All()[0].ContextMap(); f["tenant"] != "c" || f["name"] != "x" || f["looksLike"] != "y" || f["request"] != "r" {
		t.Error(f)
	}
}
