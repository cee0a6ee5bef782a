package test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/proxytest"
)

const (
	// getsPerSecond is the load at which BenchmarkOverhead measures the added time.
	getsPerSecond = 1000
	// overheadTurns is how often each side gets the load, for overheadTurn.
	overheadTurns = 5
	overheadTurn  = 3 * time.Second
	// busy is how many requests run at the same time when a side gets all the load that it can take.
	busy = 32
)

// BenchmarkOverhead measures what a proxy adds to a Keycloak that needs no time: a server in this
// process that answers from memory. The client, that server and the proxy share the machine, so
// that the greatest rates are those of all three.
func BenchmarkOverhead(b *testing.B) {
	k := newInstant(b)
	w := instantWorld(b, k)
	program := proxytest.StartProgram(b, proxytest.Build(b), w.files(b, k.URL))
	sides := []*overheadSide{
		{caller: newCaller(k.URL+"/realms/r/scim/v2", func() string { return "" })},
		{caller: newCaller(program.URL+"/scim/v2", func() string { return w.tenantToken }), process: process(program.Cmd.Process.Pid)},
	}
	for _, s := range sides { // warms up
		s.saturate(b, time.Second, s.get)
		s.saturate(b, time.Second, s.patch)
		s.load(b)
		s.p50, s.p99, s.idle = nil, nil, nil
	}
	before, _ := sides[1].process.resident()
	for i := range overheadTurns {
		for _, s := range inTurn(i, sides) {
			s.load(b)
		}
	}
	after, peak := sides[1].process.resident()
	for i := range overheadTurns {
		for _, s := range inTurn(i, sides) {
			s.gets = append(s.gets, s.saturate(b, overheadTurn, s.get))
			s.patches = append(s.patches, s.saturate(b, overheadTurn, s.patch))
		}
	}
	direct, proxy := sides[0], sides[1]
	t := head("overhead", "without the proxy", "with the proxy", "added")
	add := func(name string, without, with time.Duration) { t.add(name, without, with, with-without) }
	add(fmt.Sprintf("GET at %d/s, p50 ms", getsPerSecond), median(direct.p50), median(proxy.p50))
	add(fmt.Sprintf("GET at %d/s, p99 ms", getsPerSecond), median(direct.p99), median(proxy.p99))
	t.add("most GET/s", rate(direct.gets), rate(proxy.gets), "")
	t.add("most PATCH/s", rate(direct.patches), rate(proxy.patches), "")
	t.add(fmt.Sprintf("processor per GET at %d/s, µs", getsPerSecond), "", "", micros(proxy.idle))
	t.add("processor per GET at the most, µs", "", "", micros(used(proxy.gets)))
	t.add("processor per PATCH at the most, µs", "", "", micros(used(proxy.patches)))
	t.add("resident memory before the load, MiB", "", "", before)
	t.add(fmt.Sprintf("resident memory at %d GET/s, MiB", getsPerSecond), "", "", after)
	t.add("peak resident memory until then, MiB", "", "", peak)
	t.print()
}

// instantWorld is a world without a Keycloak, whose tenant is in the realm of k.
func instantWorld(b *testing.B, k *instant) *world {
	b.Helper()
	secret := filepath.Join(b.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		b.Fatal(err)
	}
	token, entry := proxytest.Mint(b, "acme")
	tenant := config.DefaultTenant()
	tenant.Tenant, tenant.Realm, tenant.Tokens = "acme", "r", []config.Token{entry}
	tenant.ServiceAccount = config.ServiceAccount{ClientID: "scim", SecretFile: secret}
	cfg := config.DropInOnly(k.URL, "")
	cfg.Tenants = []config.Tenant{tenant}
	return &world{cfg: cfg, tenantToken: token}
}

// overheadSide is the instant server alone, or the proxy before it.
type overheadSide struct {
	caller
	process       process // of the proxy, or 0
	n             atomic.Int64
	p50, p99      []time.Duration // of the turns at getsPerSecond
	idle          []time.Duration // processor time per request of these turns
	gets, patches []busyTurn
}

// busyTurn is a turn with all the load that a side can take.
type busyTurn struct{ perRequest, processor time.Duration }

func (s *overheadSide) get(int) error {
	_, err := s.send("GET", "/Users/"+instantID(int(s.n.Add(1)*7%instantUsers)), "")
	return err
}

// patch changes a user that no other worker changes.
func (s *overheadSide) patch(worker int) error {
	body := patchBody([]scim.Op{opOn(scim.ReplaceAll, "name.givenName", fmt.Sprintf(`"F%d"`, s.n.Add(1)))})
	_, err := s.send("PATCH", "/Users/"+instantID(worker), body)
	return err
}

// load sends GETs at a fixed rate, whether or not earlier ones are answered, and counts the time of
// each from the moment at which it was due.
func (s *overheadSide) load(b *testing.B) {
	b.Helper()
	n := int(overheadTurn.Seconds() * getsPerSecond)
	took, failed := make([]time.Duration, n), atomic.Pointer[error]{}
	cpu, start := s.process.cpu(), time.Now()
	var wg sync.WaitGroup
	for i := range n {
		due := start.Add(time.Duration(i) * time.Second / getsPerSecond)
		time.Sleep(time.Until(due))
		wg.Go(func() {
			if err := s.get(0); err != nil {
				failed.Store(&err)
			}
			took[i] = time.Since(due)
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	s.p50, s.p99 = append(s.p50, median(took)), append(s.p99, quantile(took, 0.99))
	s.idle = append(s.idle, (s.process.cpu()-cpu)/time.Duration(n))
}

// saturate sends requests for a while, each worker the next one when it has the answer.
func (s *overheadSide) saturate(b *testing.B, while time.Duration, request func(worker int) error) busyTurn {
	b.Helper()
	var n atomic.Int64
	var failed atomic.Pointer[error]
	cpu, start := s.process.cpu(), time.Now()
	var wg sync.WaitGroup
	for worker := range busy {
		wg.Go(func() {
			for time.Since(start) < while {
				if err := request(worker); err != nil {
					failed.Store(&err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	done := time.Duration(n.Load())
	return busyTurn{time.Since(start) / done, (s.process.cpu() - cpu) / done}
}

// rate is the median of the requests per second.
func rate(turns []busyTurn) float64 {
	per := make([]time.Duration, len(turns))
	for i, t := range turns {
		per[i] = t.perRequest
	}
	return 1 / median(per).Seconds()
}

func used(turns []busyTurn) []time.Duration {
	out := make([]time.Duration, len(turns))
	for i, t := range turns {
		out[i] = t.processor
	}
	return out
}

func micros(all []time.Duration) float64 { return median(all).Seconds() * 1e6 }
