package transport

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/test/certtest"
)

// handshake connects, and returns the error of the client, which may be the server's alert.
func handshake(t *testing.T, server, client *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, "x") // makes the handshake
		_ = c.Close()
	}()
	c, err := (&tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: client}).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer func() { _ = c.Close() }()
	if n, refused := c.Read(make([]byte, 1)); n == 0 { // in TLS 1.3 the refusal comes after the client's handshake
		err = refused
	}
	return c.(*tls.Conn).ConnectionState(), err
}

// A client needs a certificate of the CA that is configured now.
func TestClientsOfAServer(t *testing.T) {
	dir, now := t.TempDir(), time.Unix(1_800_000_000, 0)
	own, other := certtest.NewAuthority(t, "own"), certtest.NewAuthority(t, "other")
	files := config.Certificate{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key"), ClientCAFile: filepath.Join(dir, "ca.crt")}
	own.WritePair(files, 1, now)
	if _, err := ServerTLS(files, func() time.Time { return now }); err == nil {
		t.Error("there is no file of the CA")
	}
	own.Write(files.ClientCAFile, now)
	server, err := ServerTLS(files, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	hour := time.Now().Add(time.Hour)
	good, foreign, expired := own.Issue(2, hour), other.Issue(3, hour), own.Issue(4, time.Now().Add(-time.Minute))
	tickets := tls.NewLRUClientSessionCache(8)
	try := func(name string, cert *tls.Certificate, want string) {
		t.Helper()
		c := &tls.Config{RootCAs: own.Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS12, ClientSessionCache: tickets}
		if cert != nil { // also one that the server does not ask for
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert, nil }
		}
		for _, most := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			c.MaxVersion = most
			_, err := handshake(t, server, c)
			if got := fmt.Sprint(err); !strings.Contains(got, want) {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
	}
	try("its own", &good, "<nil>")
	try("none", nil, "tls: ")
	try("of another CA", &foreign, "unknown certificate authority")
	try("expired", &expired, "expired certificate")

	other.Write(files.ClientCAFile, now.Add(time.Second))
	try("the CA is checked once a minute", &good, "<nil>")
	now = now.Add(checkAge)
	try("the CA is another one, also for one that was served", &good, "unknown certificate authority")
	try("its CA is the new one", &foreign, "<nil>")
}

// Versions before TLS 1.2 are refused, and HTTP/2, whose streams could be opened and reset without
// a bound of ours, is not offered.
func TestProtocolsOfAServer(t *testing.T) {
	dir := t.TempDir()
	ca := certtest.NewAuthority(t, "own")
	files := config.Certificate{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")}
	ca.WritePair(files, 1, time.Now())
	server, err := ServerTLS(files, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	//nolint:gosec // the old version is what is tried
	if _, err := handshake(t, server, &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is served")
	}
	state, err := handshake(t, server, &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil || state.NegotiatedProtocol != "http/1.1" {
		t.Errorf("%q %v", state.NegotiatedProtocol, err)
	}
}

// The certificate for Keycloak is shown, and a renewed one is used by the next connection.
func TestCertificateForKeycloak(t *testing.T) {
	dir, now := t.TempDir(), time.Unix(1_800_000_000, 0)
	ca := certtest.NewAuthority(t, "own")
	caFile := filepath.Join(dir, "ca.crt")
	ca.Write(caFile, now)
	served := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.TLS.PeerCertificates[0].SerialNumber)
	}))
	served.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{ca.Issue(1, time.Now().Add(time.Hour))}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.Pool()}
	served.StartTLS()
	defer served.Close()
	keycloak := config.Keycloak{URL: served.URL, CAFile: caFile, MaxInFlight: 1}
	get := func(to *http.Transport) string {
		t.Helper()
		defer to.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(served.URL, "127.0.0.1", "localhost", 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := to.RoundTrip(req)
		if err != nil {
			return err.Error()
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		return fmt.Sprint(string(text), err)
	}
	without, err := New(keycloak, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	if got := get(without); !strings.Contains(got, "tls: ") {
		t.Errorf("without a certificate: %s", got)
	}
	keycloak.CertFile, keycloak.KeyFile = filepath.Join(dir, "own.crt"), filepath.Join(dir, "own.key")
	if _, err := New(keycloak, func() time.Time { return now }); err == nil {
		t.Error("there is no file")
	}
	files := config.Certificate{CertFile: keycloak.CertFile, KeyFile: keycloak.KeyFile}
	ca.WritePair(files, 7, now)
	to, err := New(keycloak, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	if got := get(to); got != "7<nil>" {
		t.Error(got)
	}
	ca.WritePair(files, 8, now.Add(-time.Second)) // an older time is a change too
	now = now.Add(checkAge)
	if got := get(to); got != "8<nil>" {
		t.Errorf("renewed: %s", got)
	}
}
