package test

import (
	"slices"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
)

func TestThreeThousandMembers(t *testing.T) {
	w := newWorld(t)
	c := client{w.base(), w.tenantToken}
	ids := w.users(t, "m", 4000)
	g := group(t, c, "big")
	put, err := c.send(t.Context(), "PUT", "/Groups/"+g, `{"schemas":["`+scim.GroupURN+`"],"displayName":"big","members":`+valueList(ids[:3000])+`}`)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(memberIDs(put.Resource), sorted(ids[:3000])) {
		t.Errorf("PUT answered %d members", len(memberIDs(put.Resource)))
	}
	hasMembers(t, w, c, g, ids[:3000])
	var ops []scim.Op
	for _, id := range ids[:500] {
		ops = append(ops, opOn(scim.Remove, `members[value eq "`+id+`"]`, ""))
	}
	if a, err := c.send(t.Context(), "PATCH", "/Groups/"+g, patchBody(ops)); err != nil || !a.Resource.IsZero() {
		t.Fatalf("%v; a group of 2,500 is answered with 204: %s", err, a.Resource.ID())
	}
	hasMembers(t, w, c, g, ids[500:3000])
	if _, err := c.send(t.Context(), "PATCH", "/Groups/"+g, patchBody([]scim.Op{opOn(scim.ReplaceAll, "members", valueList(ids[3000:]))})); err != nil {
		t.Fatal(err)
	}
	hasMembers(t, w, c, g, ids[3000:])
	// If one of 120 new members does not exist, the change is refused and undone.
	bad := append(slices.Clone(ids[:119]), "00000000-0000-0000-0000-000000000000")
	if _, err := c.send(t.Context(), "PATCH", "/Groups/"+g, patchBody([]scim.Op{opOn(scim.Add, "members", valueList(bad))})); scim.Status(err) != 400 {
		t.Errorf("unknown member: %v", err)
	}
	hasMembers(t, w, c, g, ids[3000:])
}
