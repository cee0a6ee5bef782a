package test

import (
	"slices"
	"testing"

	"github.com/tidwall/gjson"

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
	if n := len(scim.Elements(put.Resource.Raw("members"))); n != 3000 || !slices.Equal(w.members(g), sorted(ids[:3000])) {
		t.Fatalf("PUT answered %d members, Keycloak has %d", n, len(w.members(g)))
	}
	var ops []scim.Op
	for _, id := range ids[:500] {
		ops = append(ops, opOn(scim.Remove, `members[value eq "`+id+`"]`, ""))
	}
	if a, err := c.send(t.Context(), "PATCH", "/Groups/"+g, patchBody(ops)); err != nil || !a.Resource.IsZero() {
		t.Fatalf("%v; a group of 2,500 is answered with 204: %s", err, a.Resource.ID())
	}
	if !slices.Equal(w.members(g), sorted(ids[500:3000])) {
		t.Fatalf("after the removal %d members", len(w.members(g)))
	}
	if _, err := c.send(t.Context(), "PATCH", "/Groups/"+g, patchBody([]scim.Op{opOn(scim.ReplaceAll, "members", valueList(ids[3000:]))})); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.members(g), sorted(ids[3000:])) {
		t.Fatalf("after the replacement %d members", len(w.members(g)))
	}
	got, err := c.send(t.Context(), "GET", "/Groups/"+g, "")
	if n := len(gjson.Get(got.Resource.String(), "members").Array()); err != nil || n != 1000 {
		t.Errorf("%v; GET shows %d", err, n)
	}
	// One who does not exist among 120: refused, and everybody is back.
	bad := append(slices.Clone(ids[:119]), "00000000-0000-0000-0000-000000000000")
	if _, err := c.send(t.Context(), "PATCH", "/Groups/"+g, patchBody([]scim.Op{opOn(scim.Add, "members", valueList(bad))})); scim.AsError(err).Status != 400 {
		t.Errorf("unknown member: %v", err)
	}
	if !slices.Equal(w.members(g), sorted(ids[3000:])) {
		t.Errorf("after the refusal %d members", len(w.members(g)))
	}
}
