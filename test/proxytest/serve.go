package proxytest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"reflect"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/tokens"
)

// Mint creates a token of a tenant, and its entry in the tenant's configuration.
func Mint(t testing.TB, tenant string) (string, config.Token) {
	t.Helper()
	token, err := tokens.Mint(rand.Reader, tenant, "k1")
	if err != nil {
		t.Fatal(err)
	}
	sum := token.SHA256()
	return token.Reveal(), config.Token{ID: "k1", SHA256: hex.EncodeToString(sum[:])}
}

// Serve runs a proxy in this process until the test ends, and returns its URL.
func Serve(t testing.TB, cfg config.Config) string {
	t.Helper()
	url, stop := Start(t, cfg, zap.NewNop())
	t.Cleanup(stop)
	return url
}

// settle is how long Start waits for the proxy to look at its tenants.
const settle = 5 * time.Second

// Unlimited is a rate that no test reaches.
var Unlimited = config.Rate{RequestsPerSecond: 1e6, Burst: 1e6, Concurrency: 1e6}

// UnlimitedText is Unlimited in the section limits of a configuration file.
const UnlimitedText = "rate: {requestsPerSecond: 1000000, burst: 1000000, concurrency: 1000000}"

// Start runs a proxy in this process until stop is called. Stop returns after the store is closed.
// Without a rate of its own, the proxy does not limit its callers, because tests send faster than
// providers, and without a guard of its own it does not hold changes, because tests delete many
// users.
func Start(t testing.TB, cfg config.Config, log *zap.Logger) (url string, stop func()) {
	t.Helper()
	_, url, stop = StartProxy(t, cfg, log)
	return url, stop
}

// StartProxy is Start, and returns the proxy too.
func StartProxy(t testing.TB, cfg config.Config, log *zap.Logger) (p *proxy.Proxy, url string, stop func()) {
	t.Helper()
	cfg.Listen = "127.0.0.1:0"
	if cfg.AdminListen == config.Default().AdminListen {
		cfg.AdminListen = ""
	}
	cfg.Tenants = slices.Clone(cfg.Tenants) // tests change theirs while the proxy runs
	if cfg.Limits.Rate == config.Default().Limits.Rate {
		cfg.Limits.Rate = Unlimited
	}
	if reflect.DeepEqual(cfg.Guard, config.DefaultGuard()) {
		cfg.Guard.Off = true
	}
	p, err := proxy.New(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan net.Addr, 1), make(chan error, 1)
	go func() { done <- p.Run(ctx, func(a net.Addr) { ready <- a }) }()
	select {
	case a := <-ready:
		select { // what it asks in the background would meet what a test does to Keycloak
		case <-p.Checked():
		case <-time.After(settle):
		}
		return p, "http://" + a.String(), func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	case err := <-done:
		cancel()
		t.Fatal(err)
	}
	return nil, "", nil
}
