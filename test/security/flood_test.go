package security

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/test/proxytest"
)

// floodOf is how often each request is sent.
const floodOf = 1000

// shapes returns requests without a valid token. Some have bodies that are expensive to parse.
func shapes(w *world) []func() *http.Request {
	var members []string
	for i := range 1000 {
		members = append(members, fmt.Sprintf(`{"value":"%08d-0000-0000-0000-000000000000"}`, i))
	}
	bodies := map[string]string{
		"garbage": "x", "many members": patch(`{"op":"add","path":"members","value":[` + strings.Join(members, ",") + `]}`),
		"nested": strings.Repeat("[", 50_000), "wide": `{"a":1` + strings.Repeat(`,"b":1`, 10_000) + `}`,
	}
	var all []func() *http.Request
	add := func(who, method, path, body string) {
		all = append(all, func() *http.Request {
			r, err := http.NewRequest(method, w.base(who)+path, strings.NewReader(body))
			if err != nil {
				w.t.Fatal(err)
			}
			if w.tokens[who] != "" {
				r.Header.Set("Authorization", "Bearer "+w.tokens[who])
			}
			r.Header.Set("Content-Type", "application/scim+json")
			return r
		})
	}
	for _, who := range strangers {
		add(who, "GET", "/Users?filter=externalId+eq+%22x%22", "")
		add(who, "DELETE", "/Users/00000000-0000-0000-0000-000000000000", "")
	}
	for _, body := range bodies {
		add("forged", "PATCH", "/Groups/x", body)
		add("garbage", "POST", "/Bulk", body)
	}
	return all
}

// program runs the binary with the world's Keycloak and a store.
func (w *world) program(binary, store string) *proxytest.Program {
	w.t.Helper()
	dir, tenant := w.t.TempDir(), w.cfg.Tenants[0]
	if err := os.Mkdir(filepath.Join(dir, "tenants"), 0o700); err != nil {
		w.t.Fatal(err)
	}
	for name, text := range map[string]string{
		"config.yaml": fmt.Sprintf("listen: 127.0.0.1:0\nadminListen: \"\"\nkeycloak: {url: %q}\nstore: {%s}\ntenantsDir: tenants\ndropIn: {enabled: true}\n", w.upstream.URL, store),
		"tenants/acme.yaml": fmt.Sprintf("tenant: %s\nrealm: %s\nserviceAccount: {clientID: %s, secretFile: %q}\ntokens: [{id: %s, sha256: %q}]\n",
			tenant.Tenant, tenant.Realm, tenant.ServiceAccount.ClientID, tenant.ServiceAccount.SecretFile, tenant.Tokens[0].ID, tenant.Tokens[0].SHA256),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	p := proxytest.StartProgram(w.t, binary, filepath.Join(dir, "config.yaml"))
	w.url = p.URL
	return p
}

// resident returns the resident memory of a process in bytes.
func resident(t *testing.T, pid int) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Skip("needs /proc: ", err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// tenantWork sends a tenant's reads, two at a time, until stop is closed or n are done. It
// returns their durations, sorted.
func tenantWork(w *world, path string, n int, stop <-chan struct{}) []time.Duration {
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				start := time.Now()
				a := w.send("acme", "GET", path, "")
				mu.Lock()
				if a.Status != 200 {
					w.t.Errorf("the tenant gets %d %s", a.Status, a.Body)
				}
				took = append(took, time.Since(start))
				done := len(took) >= n && n > 0
				mu.Unlock()
				if done {
					return
				}
			}
		})
	}
	wg.Wait()
	slices.Sort(took)
	return took
}

func p99(sorted []time.Duration) time.Duration { return sorted[len(sorted)*99/100] }

// A flood of requests without a valid token, 1,000 of each shape, gets 401 throughout, causes one
// call to Keycloak and no write to the store, and raises the memory of the process to at most 1.5
// times. The test prints how much it slows a tenant down, because that depends on the machine.
func TestFloodOfStrangers(t *testing.T) {
	w := newWorld(t)
	p := w.program(proxytest.Build(t), fmt.Sprintf("redis: {addresses: [%q]}", w.redis.Addr))
	path := "/Users/" + w.make("acme", "/Users", user("ada"))
	w.send("manager", "GET", "/Users", "")
	quiet := tenantWork(w, path, 1000, nil)
	memory, records := resident(t, p.Cmd.Process.Pid), w.records()
	w.upstream.Calls.Store(0)
	stop, worked := make(chan struct{}), make(chan []time.Duration)
	go func() { worked <- tenantWork(w, path, 0, stop) }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	start, all := time.Now(), shapes(w)
	var wg sync.WaitGroup
	next := make(chan func() *http.Request)
	for range 8 {
		wg.Go(func() {
			for shape := range next {
				res, err := client.Do(shape())
				if err != nil {
					continue // the server closes a connection whose body it does not read
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if res.StatusCode != 401 {
					t.Errorf("%s %s: %d", res.Request.Method, res.Request.URL.Path, res.StatusCode)
				}
			}
		})
	}
	for _, shape := range all {
		for range floodOf {
			next <- shape
		}
	}
	close(next)
	wg.Wait()
	took := time.Since(start)
	close(stop)
	busy := <-worked
	after := resident(t, p.Cmd.Process.Pid)
	if calls := w.upstream.Calls.Load(); calls > int64(len(busy))+1 {
		t.Errorf("the flood cost %d calls to Keycloak", calls-int64(len(busy)))
	}
	w.unchanged("the flood", records)
	if after > memory*3/2 {
		t.Errorf("%d MiB of memory, %d MiB when quiet", after>>20, memory>>20)
	}
	t.Logf("%d requests in %s; the tenant's p99 %s, quiet %s (%.1f times); memory %d MiB, quiet %d MiB",
		len(all)*floodOf, took.Round(time.Millisecond), p99(busy), p99(quiet), float64(p99(busy))/float64(p99(quiet)), after>>20, memory>>20)
}
