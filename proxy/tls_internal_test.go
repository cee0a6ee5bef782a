package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/test/certtest"
)

// The public listener uses TLS if it is configured, and locations then begin with https.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	files := config.Certificate{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")}
	certtest.WritePair(t, files, 1, time.Now())
	cfg := config.DropInOnly("http://127.0.0.1:1", filepath.Join(dir, "store.db"))
	cfg.Listen, cfg.AdminListen, cfg.TLS = "127.0.0.1:0", "", &files
	p, err := New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan net.Addr, 1), make(chan error, 1)
	go func() { done <- p.Run(ctx, func(a net.Addr) { ready <- a }) }()
	address := (<-ready).String()
	roots := x509.NewCertPool()
	if pemText, err := os.ReadFile(files.CertFile); err != nil || !roots.AppendCertsFromPEM(pemText) {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS12}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/scim/v2/Users", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d", res.StatusCode)
	}
	if got := p.site.Tenants(&http.Request{Host: "x", TLS: &tls.ConnectionState{}}, nil); got != "https://x/scim/v2" {
		t.Errorf("links begin with %s", got)
	}
	client.CloseIdleConnections()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
