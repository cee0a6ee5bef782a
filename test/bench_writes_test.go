package test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/proxytest"
)

// named has the attributes that Keycloak needs for a user. Keycloak answers a GET that names them
// sooner than one that names none.
const named = "?attributes=userName,emails,name,active,groups,meta"

// atOnce is how many requests run at the same time in the second half of BenchmarkWrites.
const atOnce = 16

// BenchmarkWrites compares requests about one user, one request at a time and 16 at a time, each of
// these for a user of its own.
func BenchmarkWrites(b *testing.B) {
	a := newArena(b, proxytest.Build(b))
	ids := make([]string, atOnce)
	for i := range ids {
		ids[i] = a.native.create(b, "/Users", person("known", i))
	}
	var n atomic.Int64
	get := func(c caller, query string) func(int) error {
		return func(i int) error { return c.sends("GET", "/Users/"+ids[i]+query, "")() }
	}
	post := func(c caller) func(int) error {
		return func(int) error { return c.sends("POST", "/Users", person(fmt.Sprintf("p%d-", n.Add(1)), 0))() }
	}
	put := func(c caller) func(int) error {
		return func(i int) error {
			return c.sends("PUT", "/Users/"+ids[i], fmt.Sprintf(`{"schemas":[%q],"id":%q,"userName":"known%04d","active":true,"name":{"givenName":"F","familyName":"L%d"},"emails":[{"value":"known%04[3]d@example.com","type":"work","primary":true}]}`,
				scim.UserURN, ids[i], i, n.Add(1)))()
		}
	}
	patch := func(c caller) func(int) error {
		return func(i int) error {
			return c.sends("PATCH", "/Users/"+ids[i], patchBody([]scim.Op{opOn(scim.ReplaceAll, "name.givenName", fmt.Sprintf(`"F%d"`, n.Add(1)))}))()
		}
	}
	proven := func(int) error {
		made, err := a.native.send("POST", "/Users", person(fmt.Sprintf("p%d-", n.Add(1)), 0))
		if err != nil {
			return err
		}
		return a.native.sends("GET", "/Users/"+gjson.GetBytes(made, "id").String()+named, "")()
	}
	known := func(write func(int) error) func(int) error {
		return func(i int) error { return errors.Join(get(a.native, named)(i), write(i)) }
	}
	t := head("request", "ours p50 ms", "native p50 ms", "native/ours")
	for _, half := range []struct {
		name            string
		workers, rounds int
	}{{"one at a time", 1, 6}, {fmt.Sprintf("%d at a time", atOnce), atOnce, 6}} {
		for _, row := range []struct {
			name         string
			ours, native func(int) error
		}{
			{"GET", get(a.ours, ""), get(a.native, "")},
			{"GET, natively with names", get(a.ours, ""), get(a.native, named)},
			{"POST", post(a.ours), post(a.native)},
			{"POST, natively with a GET after it", post(a.ours), proven},
			{"PUT", put(a.ours), put(a.native)},
			{"PATCH", patch(a.ours), patch(a.native)},
			{"PATCH, natively with a GET before it", patch(a.ours), known(patch(a.native))},
		} {
			ours, native := &contender{name: row.name + ", ours"}, &contender{name: row.name + ", native"}
			for i := range half.rounds + 1 {
				for _, side := range inTurn(i, []*contender{ours, native}) {
					run := row.ours
					if side == native {
						run = row.native
					}
					took, err := crowd(half.workers, run)
					if side.check(b, err, 0); i > 0 { // the first round warms up
						side.took = append(side.took, took...)
					}
				}
			}
			t.add(row.name+", "+half.name, ours.cell(), native.cell(), native.times(ours))
		}
	}
	t.print()
}

// crowd runs workers at the same time, about 50 requests in total, and returns how long each
// request took.
func crowd(workers int, run func(worker int) error) ([]time.Duration, error) {
	each := 48 / workers
	took := make([]time.Duration, workers*each)
	var g errgroup.Group
	for w := range workers {
		g.Go(func() error {
			for i := range each {
				start := time.Now()
				if err := run(w); err != nil {
					return err
				}
				took[w*each+i] = time.Since(start)
			}
			return nil
		})
	}
	return took, g.Wait()
}
