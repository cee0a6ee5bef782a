package proxy

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/test/redisserver"
)

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, errors.New("unread")
}

func tooMany(t *testing.T, what any, w *httptest.ResponseRecorder) {
	t.Helper()
	body := w.Body.String()
	if w.Code != 429 || !regexp.MustCompile(`^[1-9][0-9]*$`).MatchString(w.Header().Get("Retry-After")) || w.Header().Get("Content-Type") != "application/scim+json" ||
		!strings.HasPrefix(body, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"429","detail":"more than `) {
		t.Errorf("%v: %d %v %s", what, w.Code, w.Header(), body)
	}
}

// A tenant above its rate gets 429 for every request, before the body is read; nothing is asked of
// Keycloak, and another tenant is served.
func TestRateOfATenant(t *testing.T) {
	f := withFiles(t, "acme", "globex")
	clock := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	f.now = func() time.Time { return clock }
	f.write("acme", "rate: {requestsPerSecond: 0.5, burst: 2, concurrency: 1}\n")
	f.reload()
	h := f.Handler()
	for i, want := range []int{200, 200, 429} {
		if got := f.status(h, "acme"); got != want {
			t.Fatalf("request %d: %d", i, got)
		}
	}
	f.up.take()
	requests := dropInRequests()
	for _, q := range requests {
		r := httptest.NewRequest(q[0], "/scim/v2"+q[1], io.NopCloser(unread{t}))
		r.Header.Set("Authorization", "Bearer "+f.tokens["acme"])
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		tooMany(t, q, w)
		if got := w.Header().Get("Retry-After"); got != "2" {
			t.Errorf("%v: Retry-After %s", q, got)
		}
	}
	if asked := f.up.targets(); asked != "" {
		t.Error(asked)
	}
	if got := f.status(h, "globex"); got != 200 {
		t.Errorf("another tenant: %d", got)
	}
	if want := fmt.Sprintf("scim_limited_requests_total{realm=\"acme-realm\",reason=\"rate\",tenant=\"acme\"} %d\n", 1+len(requests)); !strings.Contains(f.metrics(), want) {
		t.Error(f.metrics())
	}
	lines := f.logs.FilterField(zap.String("limited", "rate")).FilterField(zap.String("tenant", "acme")).FilterField(zap.Int("status", 429))
	if lines.Len() != 1+len(requests) {
		t.Error(lines.All())
	}
	clock = clock.Add(2 * time.Second)
	if got := f.status(h, "acme"); got != 200 {
		t.Errorf("after Retry-After: %d", got)
	}
	stranger := httptest.NewRequest(http.MethodGet, "/scim/v2/Users", nil)
	stranger.Header.Set("Authorization", "Bearer "+f.tokens["acme"]+"x")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, stranger); w.Code != 401 {
		t.Errorf("who does not have the token costs the tenant something: %d", w.Code)
	}
}

// A request takes one of its tenant's places until its answer was written.
func TestConcurrencyOfATenant(t *testing.T) {
	f := withFiles(t, "acme", "globex")
	f.write("acme", "rate: {requestsPerSecond: 1000, burst: 1000, concurrency: 1}\n")
	f.reload()
	h := f.Handler()
	f.status(h, "acme")
	answer, began, end := f.up.answer, make(chan struct{}), make(chan struct{})
	f.up.answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/acme-realm/") {
			began <- struct{}{}
			<-end
		}
		answer(w, r)
	}
	first := make(chan int)
	go func() { first <- f.status(h, "acme") }()
	<-began
	if got := f.status(h, "acme"); got != 429 {
		t.Errorf("one more: %d", got)
	}
	if got := f.status(h, "globex"); got != 200 {
		t.Errorf("another tenant: %d", got)
	}
	for _, want := range []string{"scim_keycloak_calls_running 1\n", "scim_keycloak_calls_waiting 0\n", `scim_limited_requests_total{realm="acme-realm",reason="concurrency",tenant="acme"} 1` + "\n"} {
		if !strings.Contains(f.metrics(), want) {
			t.Errorf("no %s", want)
		}
	}
	f.up.answer = answer
	close(end)
	if got := <-first; got != 200 {
		t.Errorf("the first: %d", got)
	}
	if got := f.status(h, "acme"); got != 200 {
		t.Errorf("afterwards: %d", got)
	}
}

// Replicas on one Redis count a tenant's requests together. When it is gone, each grants the whole
// rate, and says so once.
func TestRateOfReplicas(t *testing.T) {
	f := withFiles(t, "acme", "globex")
	server := redisserver.Start(t, redisserver.Options{})
	cfg := f.cfg
	cfg.Store, cfg.Limits.Rate = config.Store{Redis: &config.Redis{Addresses: []string{server.Addr}}}, config.Rate{RequestsPerSecond: 0.01, Burst: 4, Concurrency: 1}
	core, logs := observer.New(zap.InfoLevel)
	var replicas []http.Handler
	for range 2 {
		p, err := New(cfg, zap.New(core))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = p.Close() }()
		replicas = append(replicas, p.Handler())
	}
	served := func(name string) (n [2]int) {
		for i := range 20 {
			r := httptest.NewRequest(http.MethodGet, "/scim/v2/ServiceProviderConfig", nil)
			r.Header.Set("Authorization", "Bearer "+f.tokens[name])
			w := httptest.NewRecorder()
			if replicas[i%2].ServeHTTP(w, r); w.Code == http.StatusOK {
				n[i%2]++
			}
		}
		return n
	}
	if n := served("acme"); n != [2]int{2, 2} {
		t.Errorf("%v requests are served", n)
	}
	server.Stop()
	if n := served("globex"); n != [2]int{4, 4} {
		t.Errorf("%v requests are served without the counter", n)
	}
	if n := logs.FilterMessageSnippet("the store does not count requests").Len(); n != len(replicas) {
		t.Errorf("%d lines of %d replicas", n, len(replicas))
	}
}

// Each subject of drop-in tokens has a rate of its own.
func TestRateOfASubject(t *testing.T) {
	k, clock := newFakeKeycloak(t), time.Now()
	p := k.proxy(func() time.Time { return clock })
	core, logs := observer.New(zap.InfoLevel)
	p.log = zap.New(core)
	h := p.Handler()
	get := func(subject string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/realms/r/scim/v2/ServiceProviderConfig", nil)
		r.Header.Set("Authorization", "Bearer "+k.token(subject, clock.Add(time.Hour))) // a new token each time
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for range p.cfg.Limits.Rate.Burst {
		if w := get("a"); w.Code != 200 {
			t.Fatal(w.Code, w.Body, logs.All())
		}
	}
	tooMany(t, "a subject", get("a"))
	if w := get("b"); w.Code != 200 {
		t.Errorf("another subject: %d", w.Code)
	}
}

// A tenant whose calls to Keycloak hang leaves places to others, and the calls of others are next
// when one becomes free.
func TestCallsOfTenantsTakeTurns(t *testing.T) {
	f := withFiles(t, "acme", "globex")
	f.write("acme", "rate: {requestsPerSecond: 1000, burst: 1000, concurrency: 1000}\n")
	f.reload()
	h := f.Handler()
	f.status(h, "acme")
	f.status(h, "globex")
	answer, began, end := f.up.answer, make(chan struct{}, 100), make(chan struct{})
	f.up.answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/acme-realm/") {
			began <- struct{}{}
			<-end
		}
		answer(w, r)
	}
	const most, sent = 48, 70 // of 64 places
	statuses := make(chan int)
	for range sent {
		go func() { statuses <- f.status(h, "acme") }()
	}
	for range most {
		<-began
	}
	if got := f.status(h, "globex"); got != 200 {
		t.Errorf("another tenant: %d", got)
	}
	close(end)
	for range sent {
		if got := <-statuses; got != 200 {
			t.Errorf("the tenant itself: %d", got)
		}
	}
}
