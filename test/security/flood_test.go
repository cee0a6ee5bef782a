package security

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/test/proxytest"
)

// Each request is sent floodOf times, in rounds with a quiet time before each of them, because what
// else the machine does changes.
const (
	floodOf = 300
	rounds  = 5
)

// shape is one request of a flood. Without a URL it goes to a server of the sender that does
// nothing but answer 401.
type shape struct{ Token, Method, URL, Body string }

// shapes returns requests without a valid token. Some have bodies that are expensive to parse.
func shapes(w *world) (all []shape) {
	var members []string
	for i := range 1000 {
		members = append(members, fmt.Sprintf(`{"value":"%08d-0000-0000-0000-000000000000"}`, i))
	}
	bodies := map[string]string{
		"garbage": "x", "many members": patch(`{"op":"add","path":"members","value":[` + strings.Join(members, ",") + `]}`),
		"nested": strings.Repeat("[", 50_000), "wide": `{"a":1` + strings.Repeat(`,"b":1`, 10_000) + `}`,
	}
	add := func(who, method, path, body string) {
		for _, base := range []string{w.base(who), w.url + "/scim/v2", w.url + "/tenants/acme/scim/v2"} {
			all = append(all, shape{w.tokens[who], method, base + path, body})
		}
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

// flooding is the environment variable with the file of shapes for the process that floods.
const flooding = "SCIM_TEST_FLOOD"

// flood sends each shape as often as in one round, from another process with the lowest priority:
// an attacker does not compute on the machine of the proxy. It returns the time that it took.
func flood(t *testing.T, all []shape) time.Duration {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shapes")
	b, err := json.Marshal(all)
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "nice", "-n", "19", os.Args[0], "-test.run=^TestFloodSender$")
	c.Env = append(os.Environ(), flooding+"="+file)
	start := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("the flood: %v: %s", err, out)
	}
	return time.Since(start)
}

// TestFloodSender is the process that floods.
func TestFloodSender(t *testing.T) {
	b, err := os.ReadFile(os.Getenv(flooding))
	if err != nil {
		t.Skip("only for TestFloodOfStrangers")
	}
	var all []shape
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer empty.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	var wg sync.WaitGroup
	next := make(chan shape)
	for range 8 {
		wg.Go(func() {
			for s := range next {
				s.send(t, client)
			}
		})
	}
	for _, s := range all {
		if s.URL == "" {
			s.URL = empty.URL
		}
		for range floodOf / rounds {
			next <- s
		}
	}
	close(next)
	wg.Wait()
}

func (s shape) send(t *testing.T, client *http.Client) {
	r, err := http.NewRequestWithContext(t.Context(), s.Method, s.URL, strings.NewReader(s.Body))
	if err != nil {
		t.Error(err)
		return
	}
	if s.Token != "" {
		r.Header.Set("Authorization", "Bearer "+s.Token)
	}
	r.Header.Set("Content-Type", "application/scim+json")
	res, err := client.Do(r)
	if err != nil {
		return // the server closes a connection whose body it does not read
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if res.StatusCode != 401 {
		t.Errorf("%s %s: %d", s.Method, s.URL, res.StatusCode)
	}
}

// program runs the binary with the world's Keycloak and a store.
func (w *world) program(binary, store string) *proxytest.Program {
	w.t.Helper()
	dir, tenant := w.t.TempDir(), w.cfg.Tenants[0]
	if err := os.Mkdir(filepath.Join(dir, "tenants"), 0o700); err != nil {
		w.t.Fatal(err)
	}
	for name, text := range map[string]string{
		"config.yaml": fmt.Sprintf("listen: 127.0.0.1:0\nadminListen: \"\"\nkeycloak: {url: %q}\nstore: {%s}\nlimits: {%s}\ntenantsDir: tenants\nguard: {off: true}\ndropIn: {enabled: true}\n", w.upstream.URL, store, proxytest.UnlimitedText),
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
// returns their durations.
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
	return took
}

func p99(took []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(took))[len(took)*99/100]
}

// A flood of requests without a valid token, 300 of each shape, gets 401 throughout, causes one
// call to Keycloak and no write to the store, and raises the memory of the process to at most 1.5
// times. The test prints how much it slows a tenant down, and how much a flood that does not reach
// the proxy does, because that depends on the machine.
func TestFloodOfStrangers(t *testing.T) {
	w := newWorld(t)
	p := w.program(proxytest.Build(t), fmt.Sprintf("redis: {addresses: [%q]}", w.redis.Addr))
	path := "/Users/" + w.make("acme", "/Users", user("ada"))
	w.send("manager", "GET", "/Users", "")
	tenantWork(w, path, 500, nil)
	memory, records, all := resident(t, p.Cmd.Process.Pid), w.records(), shapes(w)
	w.upstream.Calls.Store(0)
	begun := time.Now()
	var nowhere []shape
	for _, s := range all {
		nowhere = append(nowhere, shape{s.Token, s.Method, "", s.Body})
	}
	during := func(sent []shape) (tenant []time.Duration, took time.Duration) {
		stop, worked := make(chan struct{}), make(chan []time.Duration)
		go func() { worked <- tenantWork(w, path, 0, stop) }()
		took = flood(t, sent)
		close(stop)
		return <-worked, took
	}
	var quiet, machine, busy []time.Duration
	var took time.Duration
	for range rounds {
		quiet = append(quiet, tenantWork(w, path, 500, nil)...)
		elsewhere, _ := during(nowhere)
		here, of := during(all)
		machine, busy, took = append(machine, elsewhere...), append(busy, here...), took+of
	}
	after := resident(t, p.Cmd.Process.Pid)
	own := int64(len(quiet) + len(machine) + len(busy))
	own += 4 * (1 + int64(time.Since(begun)/time.Minute)) // the tenant's profile and settings are read once a minute
	if calls := w.upstream.Calls.Load(); calls > own+1 {
		t.Errorf("the flood cost %d calls to Keycloak", calls-own)
	}
	w.unchanged("the flood", records)
	if after > memory*3/2 {
		t.Errorf("%d MiB of memory, %d MiB when quiet", after>>20, memory>>20)
	}
	times := func(took []time.Duration) float64 { return float64(p99(took)) / float64(p99(quiet)) }
	t.Logf("%d requests in %s; the tenant's p99 %s, %.1f times that of quiet; %.1f times if the flood goes to a server that does nothing; memory %d MiB, quiet %d MiB",
		len(all)*floodOf, took.Round(time.Millisecond), p99(busy), times(busy), times(machine), after>>20, memory>>20)
}
