package proxy

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/test/certtest"
)

// The public listener uses TLS if it is configured, and locations then begin with https. A client
// without the certificate that is required gets no answer, and the log has a line.
func TestTLS(t *testing.T) {
	dir, ca := t.TempDir(), certtest.NewAuthority(t, "own")
	files := config.Certificate{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key"), ClientCAFile: filepath.Join(dir, "ca.crt")}
	ca.WritePair(files, 1, time.Now())
	ca.Write(files.ClientCAFile, time.Now())
	cfg := config.DropInOnly("http://127.0.0.1:1", filepath.Join(dir, "store.db"))
	cfg.Listen, cfg.AdminListen, cfg.TLS = "127.0.0.1:0", "", &files
	core, logs := observer.New(zap.InfoLevel)
	p, err := New(cfg, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan net.Addr, 1), make(chan error, 1)
	go func() { done <- p.Run(ctx, func(a net.Addr) { ready <- a }) }()
	address := (<-ready).String()
	get := func(own ...tls.Certificate) (status int, secure string, err error) {
		to := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS12, Certificates: own}}
		defer to.CloseIdleConnections()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/scim/v2/Users", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := to.RoundTrip(req)
		if err != nil {
			return 0, "", err
		}
		return res.StatusCode, res.Header.Get("Strict-Transport-Security"), res.Body.Close()
	}
	if status, secure, err := get(ca.Issue(2, time.Now().Add(time.Hour))); status != http.StatusUnauthorized || secure == "" {
		t.Fatalf("%d %q %v", status, secure, err)
	}
	if status, _, err := get(); err == nil {
		t.Errorf("without a certificate: %d", status)
	}
	if got := p.site.Tenants(&http.Request{Host: "x", TLS: &tls.ConnectionState{}}, nil); got != "https://x/scim/v2" {
		t.Errorf("links begin with %s", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	lines := logs.FilterMessage("connection").FilterField(zap.String("kind", "tls")).All()
	if len(lines) != 1 || !strings.HasPrefix(lines[0].ContextMap()["address"].(string), "127.0.0.1:") || lines[0].ContextMap()["cause"] != "tls: client didn't provide a certificate" {
		t.Errorf("the log: %v", lines)
	}
}
