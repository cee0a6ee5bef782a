package security

import (
	"testing"

	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/scim"
)

// The sweep of a group tenant removes what is kept for a user that was deleted, and keeps what is
// kept for one that has left the group: Keycloak does not prove that such a user is gone. If the
// account loses its permissions, nothing is removed.
func TestSweepOfAGroupTenant(t *testing.T) {
	w, north, _ := neighbours(t)
	left, deleted := north.users[1], north.users[0]
	gone := w.realm.Admin("DELETE", "/users/"+left+"/groups/"+north.Group, "")
	if a := w.realm.Admin("DELETE", "/users/"+deleted, ""); a.Status != 204 || gone.Status != 204 {
		t.Fatal(a.Status, gone.Status)
	}
	p, err := proxy.New(w.cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	sweep := func() (found []overlay.Finding, err error) {
		err = p.Sweep(t.Context(), proxy.SweepOptions{Tenant: "north", Found: func(_ string, f overlay.Finding) { found = append(found, f) }})
		return found, err
	}
	permissions := func(on string) {
		if a := w.realm.Admin("PUT", "", `{"adminPermissionsEnabled":`+on+`}`); a.Status != 204 {
			t.Fatal(a.Status)
		}
	}
	permissions("false")
	if found, err := sweep(); err == nil || len(found) > 0 {
		t.Errorf("without permissions: %v %v", found, err)
	}
	permissions("true")
	before := w.of(left)
	found, err := sweep()
	if err != nil || len(found) != 1 || found[0] != (overlay.Finding{ID: deleted, Type: scim.User, Reason: overlay.Orphan}) {
		t.Errorf("found %v: %v", found, err)
	}
	if after := w.of(left); len(after) == 0 || len(after) != len(before) {
		t.Errorf("the user that left had %v and has %v", before, after)
	}
}
