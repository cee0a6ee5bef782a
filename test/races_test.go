package test

import (
	"slices"
	"sync"
	"testing"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

// pair returns clients of two proxies that share one Redis and one Keycloak.
func pair(t *testing.T, addresses []string) (*world, [2]client) {
	t.Helper()
	w := newWorld(t)
	cfg := w.cfg
	cfg.Store = config.Store{Redis: &config.Redis{Addresses: addresses, Prefix: "kscim:"}}
	return w, [2]client{{proxytest.Serve(t, cfg) + "/scim/v2", w.tenantToken}, {proxytest.Serve(t, cfg) + "/scim/v2", w.tenantToken}}
}

// together calls do n times concurrently and returns the errors.
func together(n int, do func(i int) error) []error {
	errs := make([]error, n)
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range n {
		done.Go(func() {
			start.Wait()
			errs[i] = do(i)
		})
	}
	start.Done()
	done.Wait()
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}

func TestRacesOnSharedRedis(t *testing.T) {
	r := redisserver.Start(t, redisserver.Options{})
	w, both := pair(t, []string{r.Addr})
	addMembersAtOnce(t, w, both)
	patchOneUserAtOnce(t, both)
	addSameMembersAtOnce(t, w, both)
}

func TestRacesOnRedisCluster(t *testing.T) {
	c := redisserver.StartCluster(t, redisserver.Options{})
	w, both := pair(t, c.Addresses())
	addMembersAtOnce(t, w, both)
}

func addMembersAtOnce(t *testing.T, w *world, both [2]client) {
	ids := w.users(t, "racer", 20)
	g := group(t, both[0], "race")
	errs := together(len(ids), func(i int) error {
		_, err := both[i%2].send(t.Context(), "PATCH", "/Groups/"+g, patchBody([]scim.Op{opOn(scim.Add, "members", valueList(ids[i:i+1]))}))
		return err
	})
	hasMembers(t, w, both[0], g, ids)
	if len(errs) > 0 {
		t.Error(errs)
	}
}

func patchOneUserAtOnce(t *testing.T, both [2]client) {
	made, err := both[0].send(t.Context(), "POST", "/Users", directorytest.Sample(1).String())
	if err != nil {
		t.Fatal(err)
	}
	changes := [][2]string{
		{"title", `"T"`}, {"nickName", `"N"`}, {"externalId", `"E"`}, {"urn:example:1:User:a", `{"b":1}`}, {"name.givenName", `"G"`}, {"name.familyName", `"F"`},
		{"active", "false"}, {scim.EnterpriseURN + ":department", `"D"`}, {"timezone", `"Z"`}, {"emails", `[{"value":"new@example.com","type":"work","primary":true}]`},
	}
	user := "/Users/" + made.Resource.ID()
	errs := together(len(changes), func(i int) error {
		_, err := both[i%2].send(t.Context(), "PATCH", user, patchBody([]scim.Op{opOn(scim.ReplaceAll, changes[i][0], changes[i][1])}))
		return err
	})
	got, err := both[1].send(t.Context(), "GET", user, "")
	if err != nil || len(errs) > 0 {
		t.Fatal(err, errs)
	}
	for _, c := range changes {
		if have := got.Resource.Get(scim.MustPath(c[0])); !document.Same(have, c[1]) {
			t.Errorf("%s is %s, want %s", c[0], have, c[1])
		}
	}
}

// Natively, concurrent identical adds all fail, and some of the members stay.
func addSameMembersAtOnce(t *testing.T, w *world, both [2]client) {
	ids := w.users(t, "same", 50)
	g := group(t, both[0], "same")
	errs := together(4, func(i int) error {
		_, err := both[i%2].send(t.Context(), "PATCH", "/Groups/"+g, patchBody([]scim.Op{opOn(scim.Add, "members", valueList(ids))}))
		return err
	})
	hasMembers(t, w, both[0], g, ids)
	if len(errs) > 0 {
		t.Error(errs)
	}
}
