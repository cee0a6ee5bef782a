package overlay_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
	"keycloak-scim-proxy/proxy/store"
)

func TestSweep(t *testing.T) {
	h := build(t, scimtest.KeycloakAble())
	h.clock = time.Now()
	var made []scim.Resource
	for i := range 3 {
		u, err := h.Create(t.Context(), scim.User, scimtest.Sample(i).With("title", `"T"`))
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, u)
	}
	g, err := h.Create(t.Context(), scim.Group, scim.Must(`{"displayName":"G","urn:x:Group":{"a":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	gone := scim.Ref{Type: scim.User, ID: made[1].ID()}
	if err := h.keycloak.Delete(t.Context(), gone); err != nil { // in Keycloak's console
		t.Fatal(err)
	}
	if err := h.keycloak.Delete(t.Context(), scim.Ref{Type: scim.Group, ID: g.ID()}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.records.Save(t.Context(), "key.cursors", store.Record{Body: []byte("k")}); err != nil {
		t.Fatal(err)
	}
	h.keycloak.FailNext(scim.Unavailable("Keycloak", nil))
	if _, err := h.Create(t.Context(), scim.User, scimtest.Sample(9)); err == nil {
		t.Fatal("no error")
	}
	all := h.ids(t)
	sweep := func(now time.Time, dryRun bool) (removed []string, told int) {
		t.Helper()
		err := overlay.Sweep(t.Context(), h.records, h.keycloak, now, dryRun, func(s overlay.Swept) {
			told++
			if s.Removed {
				removed = append(removed, s.ID)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return removed, told
	}
	if removed, told := sweep(h.clock, true); len(removed) != 0 || told != 3 || !slices.Equal(h.ids(t), all) {
		t.Errorf("dry run removed %v, told %d", removed, told)
	}
	h.keycloak.FailNext(nil, scim.Unavailable("Keycloak", nil))
	if err := overlay.Sweep(t.Context(), h.records, h.keycloak, h.clock, false, func(overlay.Swept) {}); scim.AsError(err).Status != 503 {
		t.Errorf("Keycloak that is down makes no orphans: %v", err)
	}
	if removed, _ := sweep(h.clock, false); !slices.Equal(removed, []string{g.ID(), made[1].ID()}) && len(removed) > 2 {
		t.Errorf("removed %v", removed)
	}
	if removed, _ := sweep(h.clock.Add(25*time.Hour), false); len(removed) != 1 || !strings.HasPrefix(removed[0], "pending.") {
		t.Errorf("a day later removed %v", removed)
	}
	want := []string{"key.cursors", made[0].ID(), made[2].ID()}
	if left := h.ids(t); !slices.Equal(left, slices.Sorted(slices.Values(want))) {
		t.Errorf("left %v, want %v", left, want)
	}
}
