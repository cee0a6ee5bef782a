package test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/proxytest"
)

func bulkRequest(ops ...string) string {
	return `{"schemas":["` + bulk.RequestURN + `"],"Operations":[` + strings.Join(ops, ",") + `]}`
}

func postUser(id, extra string) string {
	return fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"%[1]s","data":{"userName":"%[1]s","name":{"givenName":"F","familyName":"L"},"emails":[{"value":"%[1]s@example.com"}]%[2]s}}`, id, extra)
}

func TestBulkLimits(t *testing.T) {
	w := newWorld(t)
	w.cfg.Limits.Bulk = config.Bulk{Operations: 3, Payload: 2000}
	w.cfg.Store.Embedded = &config.Embedded{Path: t.TempDir() + "/store.db"}
	w.proxy = proxytest.Serve(t, w.cfg)
	c := client{w.base(), w.tenantToken}
	conf, err := c.send(t.Context(), "GET", "/ServiceProviderConfig", "")
	if got := conf.Resource.Raw("bulk"); err != nil || got != `{"supported":true,"maxOperations":3,"maxPayloadSize":2000}` {
		t.Errorf("%v %s", err, got)
	}
	del := `{"method":"DELETE","path":"/Users/1"}`
	for body, words := range map[string]string{
		bulkRequest(del, del, del, del):                                        "maxOperations is 3",
		bulkRequest(postUser("a", `,"title":"`+strings.Repeat("x", 2000)+`"`)): "maxPayloadSize",
	} {
		_, err := c.send(t.Context(), "POST", "/Bulk", body)
		if e := scim.AsError(err); e.Status != 413 || !strings.Contains(e.Detail, words) {
			t.Errorf("%v", err)
		}
	}
	if a, err := c.send(t.Context(), "POST", "/Bulk", bulkRequest(del, del, del)); err != nil || gjson.Get(a.Resource.String(), "Operations.#").Int() != 3 {
		t.Errorf("%v %s", err, a.Resource)
	}
}

// At the deadline the answer reports each operation: 201 and the user exists, 504 if the outcome is
// unknown, 503 if the operation did not start and had no effect.
func TestBulkDeadline(t *testing.T) {
	w := newWorld(t)
	f := newFaulty(t, w.realm.Server.URL)
	w.through(t, f, 4*time.Second)
	c := client{w.base(), w.tenantToken}
	hold := make(chan struct{})
	defer close(hold)
	var made atomic.Int32
	f.Before.Store(slow(hold, func(r *http.Request) bool {
		return r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/Users") && made.Add(1) > 20
	}))
	var ops []string
	for i := range 50 {
		ops = append(ops, postUser(fmt.Sprintf("d%02d", i), ""))
	}
	a, err := c.send(t.Context(), "POST", "/Bulk", bulkRequest(ops...))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	results := gjson.Get(a.Resource.String(), "Operations").Array()
	for i, r := range results {
		count[r.Get("status").String()]++
		if r.Get("bulkId").String() != fmt.Sprintf("d%02d", i) {
			t.Errorf("%d: %s", i, r)
		}
	}
	f.Before.Store(nil)
	// 20 were created, at least the 8 that Keycloak held were running, and the others did not
	// start.
	if len(results) != 50 || count["201"] != 20 || count["504"] < 8 || count["504"]+count["503"] != 30 {
		t.Errorf("%v: %.1500s", count, a.Resource)
	}
	native := w.realm.SCIM(w.dropInToken, "GET", "/Users?count=0", "")
	if n := gjson.GetBytes(native.Body, "totalResults").Int(); n != 20 {
		t.Errorf("%d users", n)
	}
	// After retries each user exists once. A userName with an unknown outcome stays locked until
	// its request can no longer take effect.
	reported := 20
	for range 10 {
		a, err = c.send(t.Context(), "POST", "/Bulk", bulkRequest(ops...))
		if err != nil {
			t.Fatal(err)
		}
		reported += len(gjson.Get(a.Resource.String(), `Operations.#(status=="201")#`).Array())
		if reported == 50 {
			break
		}
	}
	native = w.realm.SCIM(w.dropInToken, "GET", "/Users?count=0", "")
	if n := gjson.GetBytes(native.Body, "totalResults").Int(); n != 50 || reported != 50 {
		t.Errorf("%d users, %d reported as created: %.1500s", n, reported, a.Resource)
	}
}

// 1,000 operations of 4 KiB need a few times the size of the request at any moment, for the body
// and the operations that have not ended. Measured: 4 to 6 times.
func TestBulkMemory(t *testing.T) {
	w := newWorld(t)
	w.cfg.Limits.Bulk.Payload = 8 << 20
	w.cfg.Store.Embedded = &config.Embedded{Path: t.TempDir() + "/store.db"}
	w.proxy = proxytest.Serve(t, w.cfg)
	c := client{w.base(), w.tenantToken}
	ops := make([]string, 1000)
	for i := range ops {
		ops[i] = postUser(fmt.Sprintf("m%04d", i), `,"urn:example:1:User":{"text":"`+strings.Repeat("x", 4<<10)+`"}`)
	}
	body := bulkRequest(ops...)
	stop, peak := make(chan struct{}), make(chan uint64)
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	go func() {
		var most uint64
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-tick.C:
				var now runtime.MemStats
				runtime.GC() // so that only live memory counts
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc)
			case <-stop:
				peak <- most
				return
			}
		}
	}()
	a, err := c.send(t.Context(), "POST", "/Bulk", body)
	close(stop)
	grown := int64(<-peak) - int64(before.HeapAlloc)
	if err != nil {
		t.Fatal(err)
	}
	if done := len(gjson.Get(a.Resource.String(), `Operations.#(status=="201")#`).Array()); done != 1000 {
		t.Fatalf("%d created: %.500s", done, a.Resource)
	}
	t.Logf("%d KiB for %d KiB", grown>>10, len(body)>>10)
	if grown > 10*int64(len(body)) {
		t.Errorf("%d MiB live for a request of %d MiB", grown>>20, len(body)>>20)
	}
}
