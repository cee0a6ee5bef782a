package test

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

var kindOfStore = flag.String("store", "embedded", "the store of the conversations, the contract, the corpus and the simulations: one of stores")

// stores are the kinds of stores with which the same tests pass. make matrix runs all of them.
var stores = map[string]func(t testing.TB) config.Store{
	"embedded": func(t testing.TB) config.Store {
		return config.Store{Embedded: &config.Embedded{Path: filepath.Join(t.TempDir(), "store.db")}}
	},
	"redis": func(t testing.TB) config.Store {
		return inRedis(redisserver.Start(t, redisserver.Options{}).Addr)
	},
	"cluster": func(t testing.TB) config.Store {
		return inRedis(redisserver.StartCluster(t, redisserver.Options{}).Addresses()...)
	},
	"sentinel": func(t testing.TB) config.Store {
		found := redisserver.StartSentinels(t, 1, redisserver.Options{}, redisserver.Options{})
		s := inRedis()
		s.Redis.Sentinel = &config.Sentinel{Master: redisserver.MasterName}
		for _, n := range found.Nodes {
			s.Redis.Sentinel.Addresses = append(s.Redis.Sentinel.Addresses, n.Addr)
		}
		return s
	},
}

// newStore returns a new and empty store of the kind that -store names. It ends with the test.
func newStore(t testing.TB) config.Store {
	t.Helper()
	open, known := stores[*kindOfStore]
	if !known {
		t.Fatalf("-store %s: there is no such kind of store", *kindOfStore)
	}
	return open(t)
}

func inRedis(addresses ...string) config.Store {
	return config.Store{Redis: &config.Redis{Addresses: addresses, Prefix: "kscim:"}}
}

// A few conversations pass with each store. make matrix plays all of them.
func TestScriptsWithEachStore(t *testing.T) {
	for kind, open := range stores {
		if kind == *kindOfStore {
			continue // TestScripts
		}
		t.Run(kind, func(t *testing.T) {
			kctest.Server(t)
			some := scripts(func(tb testing.TB) *world {
				r := kctest.NewRealm(tb)
				w := plannedWorld(tb, r, r.Server.URL)
				w.cfg.Store = open(tb)
				w.proxy = proxytest.Serve(tb, w.cfg)
				return w
			}, false)
			some.Dir, some.Files = "", []string{"scripts/user_kept.txtar", "scripts/groups.txtar", "scripts/bulk.txtar"}
			testscript.Run(t, some)
		})
	}
}
