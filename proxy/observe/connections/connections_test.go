package connections_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/proxy/observe/connections"
)

// Each message of the server is one line with its parts, up to a bound per minute, and then a
// number. The metric counts all.
func TestConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, lines := observer.New(zap.DebugLevel)
		registry := prometheus.NewRegistry()
		c := connections.New(zap.New(core), registry)
		ctx, cancel := context.WithCancel(t.Context())
		go c.Run(ctx)
		to := c.Logger()
		to.Printf("http: TLS handshake error from [::1]:4711: remote error: tls: bad certificate")
		to.Printf("http: panic serving 192.0.2.1:4711: boom\ngoroutine 1 [running]:\nmain()")
		to.Printf("http: Accept error: too many open files\n{\"level\":\"error\"}; retrying in 5ms")
		to.Printf("http: TLS handshake error from x: %s", strings.Repeat("é", 10_000))
		var got []string
		for _, l := range lines.TakeAll() {
			f := l.ContextMap()
			got = append(got, fmt.Sprintf("%s %s %v %v %v", l.Level, l.Message, f["kind"], f["address"], len([]rune(f["cause"].(string)))))
		}
		want := "info connection tls [::1]:4711 34,error connection panic 192.0.2.1:4711 34,warn connection other <nil> 74,info connection tls x 512"
		if strings.Join(got, ",") != want {
			t.Errorf("%q, want %q", got, want)
		}
		for range 1000 {
			to.Printf("http: TLS handshake error from 192.0.2.1:1: EOF")
		}
		if n := lines.Len(); n != 16 {
			t.Errorf("%d lines", n)
		}
		lines.TakeAll()
		time.Sleep(time.Minute)
		synctest.Wait()
		if all := lines.TakeAll(); len(all) != 1 || all[0].ContextMap()["leftOut"] != int64(984) {
			t.Errorf("%v", all)
		}
		to.Printf("http: TLS handshake error from 192.0.2.1:1: EOF")
		time.Sleep(time.Minute)
		synctest.Wait()
		if all := lines.TakeAll(); len(all) != 1 || all[0].Message != "connection" {
			t.Errorf("the next minute: %v", all)
		}
		for range 21 {
			to.Printf("http: TLS handshake error from 192.0.2.1:1: EOF")
		}
		cancel()
		synctest.Wait()
		if all := lines.TakeAll(); len(all) != 21 || all[20].ContextMap()["leftOut"] != int64(1) {
			t.Errorf("at the end: %v", all)
		}
		counted := map[string]float64{}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range families[0].GetMetric() {
			counted[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
		}
		if families[0].GetName() != "scim_connection_errors_total" || fmt.Sprint(counted) != "map[other:1 panic:1 tls:1024]" {
			t.Errorf("%v", families)
		}
	})
}
