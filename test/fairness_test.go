package test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/test/proxytest"
)

// A tenant that sends 20 times its rate is held to it, and costs another tenant no request. The
// times of the other are printed: quiet, and during the flood.
func TestAFloodIsItsOwnProblem(t *testing.T) {
	w := newWorld(t)
	rate := config.Rate{RequestsPerSecond: 25, Burst: 25, Concurrency: 16}
	const times, seconds, measured = 20, 6, 200
	account, _ := accountIn(t, w.realm, "scim-globex")
	token, entry := proxytest.Mint(t, "globex")
	globex := config.DefaultTenant()
	globex.Tenant, globex.Realm, globex.ServiceAccount, globex.Tokens = "globex", w.realm.Name, account, []config.Token{entry}
	w.cfg.Tenants = append(w.cfg.Tenants, globex)
	w.cfg.Tenants[0].Rate = &rate
	w.cfg.Store.Embedded = &config.Embedded{Path: t.TempDir() + "/store.db"}
	base := proxytest.Serve(t, w.cfg) + "/scim/v2"
	made, err := client{base, token}.send(t.Context(), "POST", "/Users", directorytest.Sample(1).String())
	if err != nil {
		t.Fatal(err)
	}
	sender := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	get := func(token, path string) (status int, retryAfter string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := sender.Do(r)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		defer res.Body.Close()
		_, _ = io.Copy(io.Discard, res.Body)
		return res.StatusCode, res.Header.Get("Retry-After")
	}
	paths := []string{"/Users/" + made.Resource.ID(), "/Users?count=10", "/Users?filter=userName+eq+%22nobody%22"}
	measure := func(n int, while func() bool) (p50, p99 time.Duration) {
		var took []time.Duration
		for i := 0; i < n || while(); i++ {
			begun := time.Now()
			if status, _ := get(token, paths[i%len(paths)]); status != http.StatusOK {
				t.Errorf("request %d of the other tenant: %d", i, status)
			}
			took = append(took, time.Since(begun))
		}
		slices.Sort(took)
		return took[len(took)/2], took[len(took)*99/100]
	}
	measure(20, func() bool { return false })
	quiet50, quiet99 := measure(measured, func() bool { return false })

	var mu sync.Mutex
	counts, busy, begun := map[string]int{}, true, time.Now()
	running := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return busy
	}
	ticks := make(chan int)
	var senders sync.WaitGroup
	for range 48 {
		senders.Go(func() {
			for i := range ticks {
				status, retryAfter := get(w.tenantToken, paths[i%len(paths)])
				mu.Lock()
				counts[strings.TrimSpace(fmt.Sprint(status, " ", retryAfter))]++
				mu.Unlock()
			}
		})
	}
	go func() {
		for i := range times * int(rate.RequestsPerSecond) * seconds {
			time.Sleep(time.Until(begun.Add(time.Duration(float64(i) / times / rate.RequestsPerSecond * float64(time.Second)))))
			ticks <- i
		}
		close(ticks)
		senders.Wait()
		mu.Lock()
		defer mu.Unlock()
		busy = false
	}()
	flood50, flood99 := measure(measured, running)
	for running() {
		measure(1, func() bool { return false })
	}
	elapsed := time.Since(begun)
	t.Logf("the other tenant: p50 %v, p99 %v quiet; p50 %v, p99 %v while %d requests come in %v: %v", quiet50, quiet99, flood50, flood99, times*int(rate.RequestsPerSecond)*seconds, elapsed, counts)
	served := counts["200"]
	if most := float64(rate.Burst) + rate.RequestsPerSecond*elapsed.Seconds() + 1; served == 0 || float64(served) > most {
		t.Errorf("%d requests of the flood are served, at most %.0f", served, most)
	}
	if refused := counts["429 1"]; refused == 0 || served+refused != times*int(rate.RequestsPerSecond)*seconds {
		t.Errorf("%v", counts)
	}
}
