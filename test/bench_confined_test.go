package test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

const (
	// confinedUsers is how many users the tenant has.
	confinedUsers = 3000
	// mixTime is how long the mix of requests runs on each side.
	mixTime = 15 * time.Second
	// mixWorkers is how many users are provisioned at the same time.
	mixWorkers = 8
)

// BenchmarkConfined compares requests of a group tenant with the same ones that its account sends
// to Keycloak itself.
func BenchmarkConfined(b *testing.B) {
	a, g := newConfinedArena(b)
	ids := a.fill(b, confinedUsers, g.Path)
	a.walked(b)
	a.benchLookUps(b)
	a.benchMix(b, g)
	a.benchMembers(b, ids)
}

// newConfinedArena is an arena whose tenant is confined to a group.
func newConfinedArena(b *testing.B) (*arena, kctest.GroupTenant) {
	b.Helper()
	w, g := plannedConfined(b)
	a := &arena{world: w, binary: proxytest.Build(b), config: w.confinedFiles(b, w.realm.Server.URL)}
	edit(b, a.config, "limits: {", fmt.Sprintf("limits: {request: %v, ", patience))
	edit(b, strings.Replace(a.config, "config.yaml", "tenants/acme.yaml", 1), "realm:", "idp: entra\nrealm:")
	a.start(b)
	a.native = newCaller(w.realm.Server.URL+"/realms/"+w.realm.Name+"/scim/v2", func() string { return w.realm.Token(g.ClientID, g.Secret) })
	return a, g
}

// walked looks up users until the proxy knows all.
func (a *arena) walked(b *testing.B) {
	b.Helper()
	for i := range 1000 {
		start := time.Now()
		if _, err := a.ours.send("GET", lookUp("userName", fmt.Sprint("nobody", i)), ""); err != nil {
			b.Fatal(err)
		}
		if time.Since(start) < 10*time.Millisecond { // no query of such an account is as fast
			return
		}
	}
	b.Fatal("each look-up asks Keycloak")
}

func lookUp(attribute, value string) string {
	return "/Users?" + url.Values{"filter": {attribute + " eq " + document.Quote(value)}}.Encode()
}

func (a *arena) benchLookUps(b *testing.B) {
	var n atomic.Int64
	t := head("look-up", "ours ms", "native ms", "native/ours")
	for _, row := range []struct{ name, attribute, value string }{
		{"userName eq, hit", "userName", "user%05d"}, {"userName eq, no match", "userName", "nobody%d"},
		{"emails eq, hit", "emails.value", "user%05d@example.com"}, {"emails eq, no match", "emails.value", "nobody%d@example.com"},
	} {
		by := func(c caller) func() error {
			return func() error {
				_, err := c.send("GET", lookUp(row.attribute, fmt.Sprintf(row.value, n.Add(1)%confinedUsers)), "")
				return err
			}
		}
		ours, native := &contender{name: row.name + ", ours", run: by(a.ours)}, &contender{name: row.name + ", native", run: by(a.native)}
		warmUp(b, ours, native)
		takeTurns(b, 10, ours, native)
		t.add(row.name, ours.cell(), native.cell(), native.times(ours))
	}
	t.print()
}

// mixSteps are the requests of the mix, in order.
var mixSteps = []string{"look-up that finds none", "create", "look-up", "PATCH of a name", "PATCH that deactivates", "into a group", "out of it"}

// mix provisions users as Entra does, on one side.
type mix struct {
	caller
	prefix, group string
	create        func(name string) (id string, err error)
	mu            sync.Mutex
	took          [7][]time.Duration // by step
	users         atomic.Int64
	rate          float64 // requests per second
}

// step sends one request, and notes how long it takes.
func (m *mix) step(i int, do func() error) error {
	start := time.Now()
	err := do()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.took[i] = append(m.took[i], time.Since(start))
	return err
}

// provision sends the requests about one user.
func (m *mix) provision(name string) (err error) {
	id := ""
	for i, do := range []func() error{
		func() error { return m.sends("GET", lookUp("userName", name), "")() },
		func() error { id, err = m.create(name); return err },
		func() error { return m.sends("GET", lookUp("emails.value", name+"@example.com"), "")() },
		func() error {
			return m.sends("PATCH", "/Users/"+id, patchBody([]scim.Op{opOn(scim.ReplaceAll, "name.givenName", `"New"`)}))()
		},
		func() error {
			return m.sends("PATCH", "/Users/"+id, patchBody([]scim.Op{opOn(scim.ReplaceAll, "active", `false`)}))()
		},
		func() error {
			return m.sends("PATCH", "/Groups/"+m.group, patchBody([]scim.Op{opOn(scim.Add, "members", valueList([]string{id}))}))()
		},
		func() error {
			return m.sends("PATCH", "/Groups/"+m.group, patchBody([]scim.Op{opOn(scim.Remove, `members[value eq "`+id+`"]`, "")}))()
		},
	} {
		if err := m.step(i, do); err != nil {
			return fmt.Errorf("%s: %w", mixSteps[i], err)
		}
	}
	return nil
}

// run provisions users for mixTime.
func (m *mix) run(b *testing.B) {
	b.Helper()
	var g errgroup.Group
	start := time.Now()
	for range mixWorkers {
		g.Go(func() error {
			for time.Since(start) < mixTime {
				if err := m.provision(fmt.Sprintf("%s%04d", m.prefix, m.users.Add(1))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	m.rate = float64(int64(len(mixSteps))*m.users.Load()) / time.Since(start).Seconds()
}

// benchMix compares how fast users are provisioned. Natively, the create is one of the Admin REST
// API, because Keycloak's SCIM API refuses it to such an account.
func (a *arena) benchMix(b *testing.B, g kctest.GroupTenant) {
	ours := &mix{caller: a.ours, prefix: "o", group: a.ours.create(b, "/Groups", namedGroup("Ours", "[]"))}
	native := &mix{caller: a.native, prefix: "k", group: a.ours.create(b, "/Groups", namedGroup("Native", "[]"))}
	ours.create = func(name string) (string, error) {
		made, err := a.ours.send("POST", "/Users", fmt.Sprintf(`{"schemas":[%[1]q],"userName":%[2]q,"externalId":%[2]q,"active":true,"name":{"givenName":"F","familyName":"L"},"emails":[{"value":%[3]q,"type":"work","primary":true}]}`,
			scim.UserURN, name, name+"@example.com"))
		return gjson.GetBytes(made, "id").String(), err
	}
	native.create = func(name string) (string, error) {
		made := a.realm.AdminAs(a.native.token(), "POST", "/users", fmt.Sprintf(`{"username":%q,"email":%q,"firstName":"F","lastName":"L","enabled":true,"groups":[%q]}`, name, name+"@example.com", g.Path))
		if made.Status != http.StatusCreated {
			return "", fmt.Errorf("%d %s", made.Status, made.Body)
		}
		return a.realm.Made(made), nil
	}
	ours.run(b)
	native.run(b)
	t := head(fmt.Sprintf("Entra's mix, %d users at a time", mixWorkers), "ours", "native", "ours/native")
	t.add("requests/s", ours.rate, native.rate, ours.rate/native.rate)
	t.print()
	t = head("request of the mix", "ours p50 ms", "native p50 ms")
	for i, name := range mixSteps {
		t.add(name, median(ours.took[i]), median(native.took[i]))
	}
	t.print()
}

// benchMembers puts all users into a group by one PUT, and compares what Keycloak has then.
func (a *arena) benchMembers(b *testing.B, ids []string) {
	id := a.ours.create(b, "/Groups", namedGroup("All", "[]"))
	start := time.Now()
	if _, err := a.ours.send("PUT", "/Groups/"+id, namedGroup("All", valueList(ids))); err != nil {
		b.Fatal(err)
	}
	put := time.Since(start)
	start = time.Now()
	shown, err := a.ours.send("GET", "/Groups/"+id+"?attributes=members", "")
	read := time.Since(start)
	if err != nil {
		b.Fatal(err)
	}
	var got, has []string
	for _, m := range gjson.GetBytes(shown, "members.#.value").Array() {
		got = append(got, m.String())
	}
	for _, m := range gjson.GetBytes(a.realm.Admin(http.MethodGet, "/groups/"+id+"/members?max=10000", "").Body, "#.id").Array() {
		has = append(has, m.String())
	}
	if want := sorted(ids); !slices.Equal(sorted(got), want) || !slices.Equal(sorted(has), want) {
		b.Errorf("the group shows %d members, Keycloak has %d, want %d", len(got), len(has), len(want))
	}
	t := head("group of "+fmt.Sprint(len(ids))+" members", "ours ms")
	t.add("one PUT", put)
	t.add("one GET of all members", read)
	t.print()
}
