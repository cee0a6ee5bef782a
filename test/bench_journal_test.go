package test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/proxytest"
)

// BenchmarkJournal compares writes of a proxy with a journal with those of one without, each with
// an embedded store, for the same users.
func BenchmarkJournal(b *testing.B) {
	binary := proxytest.Build(b)
	a := newArena(b, binary)
	a.world.cfg.Tenants[0].ServiceAccount, _ = accountIn(b, a.realm, "second") // an account has one store
	off := a.world.files(b, a.realm.Server.URL)
	edit(b, off, "limits: {", fmt.Sprintf("journal: {days: 0}\nlimits: {request: %v, ", patience))
	without := newCaller(proxytest.StartProgram(b, binary, off).URL+"/scim/v2", func() string { return a.tenantToken })
	ids := make([]string, atOnce)
	for i := range ids {
		ids[i] = a.native.create(b, "/Users", person("known", i))
	}
	g := a.native.create(b, "/Groups", fmt.Sprintf(`{"schemas":[%q],"displayName":"g"}`, scim.GroupURN))
	var n atomic.Int64
	patch := func(c caller, path string) func(int) error {
		return func(i int) error {
			return c.sends("PATCH", "/Users/"+ids[i], patchBody([]scim.Op{opOn(scim.ReplaceAll, path, fmt.Sprintf(`"F%d"`, n.Add(1)))}))()
		}
	}
	member := func(c caller) func(int) error {
		return func(i int) error {
			op := opOn(scim.Add, "members", valueList(ids[i:i+1]))
			if n.Add(1)%2 == 0 {
				op = opOn(scim.Remove, `members[value eq "`+ids[i]+`"]`, "")
			}
			return c.sends("PATCH", "/Groups/"+g, patchBody([]scim.Op{op}))()
		}
	}
	t := head("request", "with p50 ms", "without p50 ms", "with/without")
	for _, workers := range []int{1, atOnce} {
		for _, row := range []struct {
			name          string
			with, without func(int) error
		}{
			{"PATCH of a native attribute", patch(a.ours, "name.givenName"), patch(without, "name.givenName")},
			{"PATCH of a kept attribute", patch(a.ours, "title"), patch(without, "title")},
			{"PATCH of a member", member(a.ours), member(without)},
		} {
			with, none := &contender{name: row.name + ", with"}, &contender{name: row.name + ", without"}
			for i := range 9 {
				for _, side := range inTurn(i, []*contender{with, none}) {
					run := row.with
					if side == none {
						run = row.without
					}
					took, err := crowd(workers, run)
					if side.check(b, err, 0); i > 0 { // the first round warms up
						side.took = append(side.took, took...)
					}
				}
			}
			t.add(fmt.Sprintf("%s, %d at a time", row.name, workers), with.cell(), none.cell(), with.times(none))
		}
	}
	t.print()
}
