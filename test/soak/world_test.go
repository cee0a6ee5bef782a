package soak

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

// world is a Keycloak, a Redis and two proxies, all of this test alone.
type world struct {
	t        *testing.T
	keycloak *kctest.Keycloak
	redis    *redisserver.Server
	// replicas share the store: the first one runs all the time, the second one is restarted.
	replicas []*replica
	tenants  []*tenant
}

// tenant is a tenant of the proxies, with the providers that write to it.
type tenant struct {
	name, idp, token string
	realm            *kctest.Realm
	group            *kctest.GroupTenant // nil: the whole realm
	providers        []*provider
}

// newWorld starts everything. Redis writes each change to disk before it answers, so what the
// proxies have answered must survive each kill.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, keycloak: kctest.Own(t), redis: redisserver.Start(t, redisserver.Options{Durable: true})}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "tenants"), 0o700); err != nil {
		t.Fatal(err)
	}
	whole, shared := kctest.On(t, w.keycloak), kctest.On(t, w.keycloak)
	w.addTenant(dir, &tenant{name: "corp", idp: "entra", realm: whole})
	for name, idp := range map[string]string{"acme": "okta", "globex": "generic"} {
		group := shared.NewGroupTenant(name, providersEach*mostGroups+8, false)
		w.addTenant(dir, &tenant{name: name, idp: idp, realm: shared, group: &group})
	}
	binary := proxytest.Build(t)
	for i := range 2 {
		w.replicas = append(w.replicas, w.replica(binary, dir, i))
	}
	return w
}

// addTenant writes the file of a tenant.
func (w *world) addTenant(dir string, tenant *tenant) {
	w.t.Helper()
	client, secret, group := "scim", "", ""
	if tenant.group == nil {
		secret = tenant.realm.ServiceAccount(client, "manage-users")
	} else {
		client, secret, group = tenant.group.ClientID, tenant.group.Secret, fmt.Sprintf("group: %q\n", tenant.group.Path[1:])
	}
	token, entry := proxytest.Mint(w.t, tenant.name)
	tenant.token = token
	w.write(filepath.Join(dir, tenant.name+".secret"), secret)
	w.write(filepath.Join(dir, "tenants", tenant.name+".yaml"), fmt.Sprintf("tenant: %s\nrealm: %s\n%sidp: %s\nserviceAccount: {clientID: %s, secretFile: ../%s.secret}\ntokens: [{id: %s, sha256: %q}]\n",
		tenant.name, tenant.realm.Name, group, tenant.idp, client, tenant.name, entry.ID, entry.SHA256))
	w.tenants = append(w.tenants, tenant)
}

// replica starts the i-th proxy.
func (w *world) replica(binary, dir string, i int) *replica {
	w.t.Helper()
	path, listen, admin := filepath.Join(dir, fmt.Sprintf("config%d.yaml", i)), freeAddress(w.t), freeAddress(w.t)
	w.write(path, fmt.Sprintf("listen: %s\nadminListen: %s\nkeycloak: {url: %q, timeout: %s}\nstore: {redis: {addresses: [%q]}}\ntenantsDir: tenants\nguard: {off: true}\nlimits: {request: %s}\n",
		listen, admin, w.keycloak.URL, limitCall, w.redis.Addr, limitRequest))
	r := &replica{url: "http://" + listen, admin: "http://" + admin, binary: binary, cfg: path}
	r.run(w.t)
	return r
}

func (w *world) write(path, text string) {
	w.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// freeAddress returns an address on the loopback interface that is free now. A replica keeps it
// over a restart.
func freeAddress(t *testing.T) string {
	t.Helper()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(redisserver.FreePort(t)))
}
