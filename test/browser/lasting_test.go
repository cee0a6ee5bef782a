package browser

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"keycloak-scim-proxy/test/redisserver"
)

// outage returns what the tab complained about, but for requests that found no server.
func outage(b *Tab) (other []string) {
	for _, c := range b.Complaints() {
		if !strings.Contains(c, "net::ERR_") {
			other = append(other, c)
		}
	}
	return other
}

// Open pages stay correct while the program is killed and starts again: they connect by themselves,
// show what happens later, and need no second sign-in.
func TestPagesOutliveTheProgram(t *testing.T) {
	t.Parallel()
	i := install(t, plan{tenants: map[string]string{"acme": requires + "\nidp: entra"}})
	p := i.start()
	operator, customer := i.operator(t, ""), New(t, Desktop)
	token := begin(t, customer, i.invited(t, operator, "acme"))
	operator.Open(i.console + "/tenants/acme")
	operator.WaitFor("#live-state", "by itself")
	stillOperator, stillCustomer := unloaded(operator), unloaded(customer)
	create := func(name string) {
		t.Helper()
		if a := i.scim(t, http.MethodPost, "acme", token, "/Users", person(name, "A name")); a.Status != http.StatusCreated {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		operator.WaitFor("#part-activity", name)
	}
	create("before@example.com")
	customer.WaitFor("#progress", "failed") // without a title
	for range 2 {
		p.Kill()
		p = i.start()
	}
	create("after@example.com")
	a := i.scim(t, http.MethodPost, "acme", token, "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"after"}`)
	if a.Status != http.StatusCreated {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	customer.await("a line for the group", func() (bool, string) {
		lines := Eval[[]string](customer, lineStates)
		return strings.Contains(strings.Join(lines, "\n"), "done A group"), strings.Join(lines, "\n")
	})
	if !stillOperator() || !stillCustomer() {
		t.Error("a page was loaded again")
	}
	for _, b := range []*Tab{operator, customer} {
		for _, c := range outage(b) {
			t.Errorf("the page must not cause this: %s", c)
		}
	}
	operator.Reload()
	operator.WaitFor(".user", "ada")
	operator.WaitFor("#part-activity", "before@example.com")
	customer.Open(i.public + "/setup/")
	customer.WaitFor("#progress", "at most 25 users")
	operator.Close() // before the program ends
	customer.Close()
}

// balance serves an address by sending each request to the next one of the servers.
func balance(t *testing.T, at string, to ...string) (each []*atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	var next atomic.Int64
	for range to {
		each = append(each, new(atomic.Int64))
	}
	s := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		n := int(next.Add(1)) % len(to)
		each[n].Add(1)
		r.SetURL(&url.URL{Scheme: "http", Host: to[n]})
		r.Out.Host = r.In.Host
	}})
	_ = s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections) // of open streams
	return each
}

// Two replicas with one store serve the same pages, whichever gets a request.
func TestReplicasServePages(t *testing.T) {
	t.Parallel()
	redis := redisserver.Start(t, redisserver.Options{})
	i := install(t, plan{redis: redis.Addr, tenants: map[string]string{"acme": requires + "\nsharedRealm: true\nidp: entra", "live": "idp: okta\nsharedRealm: true"}})
	var public, admin []string
	for range 2 {
		public, admin = append(public, freeAddress(t)), append(admin, freeAddress(t))
	}
	for n := range public {
		i.replica(public[n], admin[n])
	}
	requests := balance(t, address(i.public), public...)
	pages := balance(t, address(i.admin), admin...)

	operator := i.operator(t, "/tenants/live")
	operator.WaitFor("#live-state", "by itself")
	beside := operator.Beside() // its stream is of the other replica, or of the same
	beside.Open(i.console + "/tenants/live")
	beside.WaitFor("#live-state", "by itself")
	for _, name := range []string{"one@example.com", "two@example.com", "three@example.com"} {
		i.provision(t, "live", name, "A name")
		operator.WaitFor("#part-activity", name)
		beside.WaitFor("#part-activity", name)
	}
	for range 2 { // an action asks one replica, and is done by another
		operator.Open(i.console + "/tenants/live/do/token-make")
		if got := operator.Submit("main form button"); got != http.StatusOK {
			t.Fatalf("%d %s", got, operator.Text("main"))
		}
		made := strings.TrimSpace(operator.Text("#secret"))
		i.knownByAll(t, operator, "live", made)
		if operator.Reload(); operator.Text("#secret") != "" || !strings.Contains(operator.Text("main"), "was sent before") {
			t.Errorf("a form was carried out twice: %s", operator.Text("main"))
		}
	}

	customer := New(t, Desktop)
	token := begin(t, customer, i.invited(t, operator, "acme"))
	still := unloaded(customer)
	i.knownByAll(t, customer, "acme", token)
	i.simulate(t, "entra", "acme", token)
	if not := settled(customer); len(not) != 0 {
		t.Errorf("not done: %q", not)
	}
	operator.Open(i.console + "/tenants/acme/do/live")
	if got := operator.Submit("main form button"); got != http.StatusOK {
		t.Errorf("live: %d %s", got, operator.Text("main"))
	}
	customer.WaitFor("#progress", "The tenant is live")
	if !still() {
		t.Error("the page of the customer was loaded again")
	}
	operator.Submit(".user button")
	operator.WaitLocation(i.console + "/signed-out")
	beside.Reload()
	beside.WaitLocation(i.realm.Server.URL)
	for n := range public {
		if requests[n].Load() < 10 || pages[n].Load() < 10 {
			t.Errorf("replica %d got %d requests and %d of pages", n, requests[n].Load(), pages[n].Load())
		}
	}
}

// knownByAll waits until each of two replicas knows a new token, which takes 2 seconds at most.
func (i *installation) knownByAll(t *testing.T, b *Tab, tenant, token string) {
	t.Helper()
	b.await("a token that both replicas know", func() (bool, string) {
		for range 4 {
			if a := i.scim(t, http.MethodGet, tenant, token, "/ServiceProviderConfig", ""); a.Status != http.StatusOK {
				return false, string(a.Body)
			}
		}
		return true, ""
	})
}

// address is the address at which a URL of an installation is served.
func address(u string) string {
	_, port, _ := strings.Cut(strings.TrimPrefix(u, "http://"), ":")
	return net.JoinHostPort("127.0.0.1", port)
}
