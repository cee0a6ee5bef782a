package test

import (
	"crypto/rand"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/proxytest"
)

// BenchmarkMembers compares a PUT of many members with the same change sent natively as one
// operation.
func BenchmarkMembers(b *testing.B) {
	a := newArena(b, proxytest.Build(b))
	ids := a.fill(b, 3000)
	pair := func(n int) (ours, native *contender) {
		id, name := "", ""
		prepare := func() {
			name = rand.Text()
			id = a.native.create(b, "/Groups", namedGroup(name, "[]"))
		}
		members := valueList(ids[:n])
		ours = &contender{name: "ours", prepare: prepare, run: func() error {
			_, err := a.ours.send("PUT", "/Groups/"+id, namedGroup(name, members))
			return err
		}}
		native = &contender{name: "native", prepare: prepare, run: func() error {
			_, err := a.native.send("PATCH", "/Groups/"+id, patchBody([]scim.Op{opOn(scim.Add, "members", members)}))
			return err
		}}
		return ours, native
	}
	o, k := pair(300)
	takeTurns(b, 3, o, k) // warms up
	t := head("members", "ours ms", "native ms", "native/ours")
	for _, row := range []struct{ members, rounds int }{{100, 5}, {1000, 3}, {3000, 1}} {
		o, k := pair(row.members)
		takeTurns(b, row.rounds, o, k)
		t.add(row.members, o.cell(), k.cell(), k.times(o))
	}
	t.print()
}

func namedGroup(name, members string) string {
	return `{"schemas":["` + scim.GroupURN + `"],"displayName":"` + name + `","members":` + members + `}`
}
