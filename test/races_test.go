package test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

// pair is two proxies that share one Redis, before one Keycloak.
func pair(t *testing.T, addresses []string) (*world, [2]client) {
	t.Helper()
	w := newWorld(t)
	cfg := w.cfg
	cfg.Store = config.Store{Redis: &config.Redis{Addresses: addresses, Prefix: "kscim:"}}
	return w, [2]client{{proxytest.Serve(t, cfg) + "/scim/v2", w.tenantToken}, {proxytest.Serve(t, cfg) + "/scim/v2", w.tenantToken}}
}

// users makes n users natively, as an import does, a few hundred at a time.
func (w *world) users(t testing.TB, prefix string, n int) []string {
	t.Helper()
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"username":"%[1]s%04[2]d","enabled":true,"email":"%[1]s%04[2]d@example.com","firstName":"F","lastName":"L"}`, prefix, i)
	}
	var ids []string
	for some := range slices.Chunk(list, 400) {
		a := w.realm.Admin("POST", "/partialImport", `{"ifResourceExists":"FAIL","users":`+scim.Array(some)+`}`)
		if a.Status != 200 {
			t.Fatalf("import: %d %s", a.Status, a.Body)
		}
		for _, r := range gjson.GetBytes(a.Body, "results").Array() {
			ids = append(ids, r.Get("id").String())
		}
	}
	return ids
}

func (w *world) members(group string) []string {
	a := w.realm.SCIM(w.dropInToken, "GET", "/Groups/"+group+"?attributes=members", "")
	out := []string{}
	for _, m := range gjson.GetBytes(a.Body, "members.#.value").Array() {
		out = append(out, m.String())
	}
	slices.Sort(out)
	return out
}

func sorted(ids []string) []string { return slices.Sorted(slices.Values(ids)) }

func valueList(ids []string) string {
	es := make([]string, len(ids))
	for i, id := range ids {
		es[i] = `{"value":` + scim.Quote(id) + `}`
	}
	return scim.Array(es)
}

func opOn(kind scim.OpKind, path, value string) scim.Op {
	p, err := scim.ParsePath(path)
	if err != nil {
		panic(err)
	}
	return scim.Op{Kind: kind, Path: p, Value: value}
}

// together runs n functions at once.
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

func group(t testing.TB, c client, name string) string {
	t.Helper()
	g, err := c.send(t.Context(), "POST", "/Groups", `{"schemas":["`+scim.GroupURN+`"],"displayName":"`+name+`"}`)
	if err != nil {
		t.Fatal(err)
	}
	return g.Resource.ID()
}

// hasMembers: exactly those are in the group, in Keycloak and in a GET.
func hasMembers(t *testing.T, w *world, c client, group string, ids []string) {
	t.Helper()
	got, err := c.send(t.Context(), "GET", "/Groups/"+group, "")
	if err != nil {
		t.Fatal(err)
	}
	if have, natively, want := memberIDs(got.Resource), w.members(group), sorted(ids); !slices.Equal(have, want) || !slices.Equal(natively, want) {
		t.Errorf("GET shows %d members, Keycloak %d, want %d", len(have), len(natively), len(want))
	}
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
	made, err := both[0].send(t.Context(), "POST", "/Users", scimtest.Sample(1).String())
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
		if have := got.Resource.Get(scim.MustPath(c[0])); !scim.Same(have, c[1]) {
			t.Errorf("%s is %s, want %s", c[0], have, c[1])
		}
	}
}

// Natively identical adds at the same time all fail and some members stay.
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
