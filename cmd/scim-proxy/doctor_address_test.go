package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/test/certtest"
	"keycloak-scim-proxy/test/kctest"
)

// front starts a server in front of a Keycloak, with TLS if there is a certificate. wrap may answer
// by itself.
func front(t *testing.T, keycloak string, files *config.Certificate, wrap func(keycloak http.Handler) http.Handler) string {
	t.Helper()
	to, err := url.Parse(keycloak)
	if err != nil {
		t.Fatal(err)
	}
	var h http.Handler = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	if wrap != nil {
		h = wrap(h)
	}
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of refused certificates
	if files == nil {
		s.Start()
	} else {
		pair, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile)
		if err != nil {
			t.Fatal(err)
		}
		s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
		s.StartTLS()
	}
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
}

// answering is a server that is not a Keycloak.
func answering(status int, body string) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
}

// certificate writes a certificate into a directory of its own.
func certificate(t *testing.T, c certtest.Certificate) *config.Certificate {
	t.Helper()
	dir := t.TempDir()
	files := config.Certificate{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")}
	certtest.Write(t, files, c)
	return &files
}

// at is the configuration's section keycloak; ca is the file of a trusted authority.
func at(base, ca string) map[string]string {
	section := "{url: " + base
	if ca != "" {
		section += ", caFile: " + ca
	}
	return map[string]string{"keycloak": section + "}"}
}

// Mistakes in the address of Keycloak, and in what is in front of it.
func TestDoctorAddress(t *testing.T) {
	keycloak := kctest.Server(t).URL
	c := newClinic(t, keycloak)
	below := func(h http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/auth/", http.StripPrefix("/auth", h))
		return mux
	}
	moved := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, keycloak+r.URL.Path, http.StatusMovedPermanently)
		})
	}
	// A Keycloak without --hostname names the host of each request in its discovery document.
	nameless := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			host := r.Host
			recorded := httptest.NewRecorder()
			h.ServeHTTP(recorded, r)
			_, _ = io.WriteString(w, strings.ReplaceAll(recorded.Body.String(), strings.TrimPrefix(keycloak, "http://"), host))
		})
	}
	silent := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	}
	good, soon := certificate(t, certtest.Certificate{End: time.Now().AddDate(1, 0, 0)}), certificate(t, certtest.Certificate{End: time.Now().Add(73 * time.Hour)})
	ended, other := certificate(t, certtest.Certificate{End: time.Now().Add(-time.Hour)}), certificate(t, certtest.Certificate{Names: []string{"sso.example.com"}})
	auth, secure, html := front(t, keycloak, nil, below), front(t, keycloak, good, nil), front(t, keycloak, nil, answering(200, "<html>"))
	plain := strings.Replace(secure, "https:", "http:", 1)
	const url = "keycloak url problem"
	c.examineAll([]mistake{
		{name: "wrong port", main: at("http://"+free(t), ""), find: url, text: "connection refused", remedy: "start Keycloak, or correct host and port of keycloak.url", code: 1},
		{name: "unknown host", main: at("http://keycloak.invalid:8080", ""), find: url, text: "no Keycloak answers at http://keycloak.invalid:8080", remedy: "set keycloak.url to its scheme, host, port and path", code: 1},
		{name: "a path more", main: at(keycloak+"/auth", ""), find: url, text: "404 Not Found", remedy: "set keycloak.url to " + keycloak + ", where a Keycloak answers", code: 1},
		{name: "a path less", main: at(auth, ""), find: url, text: "404 Not Found", remedy: "set keycloak.url to " + auth + "/auth, where", code: 1},
		{name: "another path", main: at(auth+"/sso", ""), find: url, text: "404 Not Found", remedy: "set keycloak.url to " + auth + "/auth, where", code: 1},
		{name: "https instead of http", main: at(strings.Replace(keycloak, "http:", "https:", 1), ""), find: url, text: "server gave HTTP response to HTTPS client", remedy: "set keycloak.url to " + keycloak + ", where", code: 1},
		{name: "http instead of https", main: at(plain, good.CertFile), find: url, text: "400 Bad Request", remedy: "set keycloak.url to " + secure + ", where", code: 1},
		{name: "a redirect", main: at(front(t, keycloak, nil, moved), ""), find: url, text: "301 Moved Permanently, a redirect to " + keycloak, remedy: "set keycloak.url to " + keycloak + ", where", code: 1},
		{name: "another server", main: at(html, ""), find: url, text: "no Keycloak answers at " + html + ": answered 200 OK", remedy: "set keycloak.url to its scheme, host", code: 1},
		{name: "a broken reverse proxy", main: at(front(t, keycloak, nil, answering(503, "")), ""), find: url, text: "503 Service Unavailable", remedy: "the proxies in front of it", code: 1},
		{name: "a server that does not answer", main: map[string]string{"keycloak": "{url: " + front(t, keycloak, nil, silent) + ", timeout: 100ms}"}, find: url, text: "deadline exceeded", remedy: "look for a firewall", code: 1},
		{name: "a certificate that is trusted", main: at(secure, good.CertFile), find: "keycloak certificate ok", text: "is valid until"},
		{name: "a certificate without a trusted authority", main: at(secure, ""), find: url, text: "its authority is not trusted", remedy: "keycloak.caFile", code: 1},
		{name: "a certificate that has ended", main: at(front(t, keycloak, ended, nil), ended.CertFile), find: url, text: "it has ended on", remedy: "renew it", code: 1},
		{name: "a certificate for another host", main: at(front(t, keycloak, other, nil), other.CertFile), find: url, text: "it is for sso.example.com, not for localhost", remedy: "set keycloak.url to a name of the certificate", code: 1},
		{name: "a certificate that ends soon", main: at(front(t, keycloak, soon, nil), soon.CertFile), find: "keycloak certificate warning", text: "in 3 days", remedy: "renew it"},
		{name: "an issuer by the Host header", main: at(front(t, keycloak, nil, nameless), ""), find: "keycloak issuer warning", text: "from the Host header", remedy: "--hostname"},
		{name: "another name than the issuer", main: at(front(t, keycloak, nil, nil), ""), find: "keycloak issuer ok", text: "which is not below keycloak.url"},
	})
}

// Mistakes in the proxy's own addresses, certificates and files.
func TestDoctorProxy(t *testing.T) {
	c := newClinic(t, "http://"+free(t)) // no Keycloak is needed, and its absence is a problem too
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	address := strings.TrimPrefix(taken.URL, "http://")
	own := func(files *config.Certificate) string {
		return fmt.Sprintf("{certFile: %s, keyFile: %s}", files.CertFile, files.KeyFile)
	}
	good, ended := certificate(t, certtest.Certificate{End: time.Now().AddDate(1, 0, 0)}), certificate(t, certtest.Certificate{End: time.Now().Add(-time.Hour)})
	mixed := &config.Certificate{CertFile: good.CertFile, KeyFile: ended.KeyFile}
	main := func(pairs ...string) map[string]string {
		all := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		return all
	}
	wide := c.file("wide", "secret")
	chmod(t, wide, 0o644)
	c.examineAll([]mistake{
		{name: "the port is taken", main: main("listen", fmt.Sprintf("%q", address)), find: "proxy listen problem", text: "address already in use", remedy: "end the other program", code: 1},
		{name: "the port of the admin listener is taken", main: main("adminListen", fmt.Sprintf("%q", address)), find: "proxy adminListen problem", text: "address already in use", remedy: "change adminListen", code: 1},
		{name: "an address of another machine", main: main("listen", `"192.0.2.1:8080"`), find: "proxy listen problem", text: "192.0.2.1:8080 cannot be used", remedy: "change listen", code: 1},
		{name: "the admin listener is on every address", main: main("adminListen", `":0"`), find: "proxy adminListen warning", text: "is on every address", remedy: "listen on 127.0.0.1", code: 1},
		{name: "the admin listener is public", main: main("adminListen", `"203.0.113.7:9090"`), find: "proxy adminListen problem", text: "is a public address", remedy: "listen on 127.0.0.1", code: 1},
		{name: "no admin listener", main: main("adminListen", `""`), find: "proxy adminListen warning", text: "adminListen is off", remedy: "set adminListen", code: 1},
		{name: "no publicURL", main: main("publicURL", ""), find: "proxy publicURL warning", text: "publicURL is not set", remedy: "set publicURL", code: 1},
		{name: "publicURL without TLS", main: main("publicURL", "http://scim.example.com"), find: "proxy publicURL problem", text: "is not https", remedy: "set publicURL to https", code: 1},
		{name: "publicURL is another server", main: main("publicURL", taken.URL), find: "proxy publicURL problem", text: "is not the proxy", remedy: "correct publicURL", code: 1},
		{name: "publicURL without a trusted certificate", main: main("publicURL", front(t, taken.URL, good, nil)), find: "proxy publicURL problem", text: "its authority is not trusted", remedy: "whole chain", code: 1},
		{name: "the administration is forwarded", main: main("dropIn", "{enabled: true, passthrough: {deny: [/metrics, /health]}}"), find: "proxy passthrough warning", text: `["/admin"]`, remedy: "dropIn.passthrough.deny", code: 1},
		{name: "a certificate that has ended", main: main("tls", own(ended)), find: "proxy certificate problem", text: "has ended on", remedy: "renew it", code: 1},
		{name: "a certificate with another key", main: main("tls", own(mixed)), find: "proxy certificate problem", text: "private key does not match", remedy: "the key that belongs to it", code: 1},
		{name: "a certificate for another host", main: main("tls", own(good), "publicURL", "https://scim.example.com"), find: "proxy certificate warning", text: "is for localhost, but publicURL names scim.example.com", remedy: "issue it for the host of publicURL", code: 1},
		{name: "a certificate of an unknown authority", main: main("tls", own(good)), find: "proxy certificate warning", text: "does not trust the authority", remedy: "chain", code: 1},
		{name: "a secret that others read", main: main("store", "{redis: {addresses: [\"127.0.0.1:1\"], passwordFile: "+wide+"}}"), find: "proxy files warning", text: "mode 0644", remedy: "chmod 600 " + wide, code: 1},
	})
	if _, code := examine(t, root(), "doctor", "--config", c.write(main("lissen", ":1"), nil)); code != 2 {
		t.Errorf("a wrong main file: exit code %d", code)
	}
	if _, code := examine(t, root(), "doctor", "--config", c.write(at("https://localhost:1", wide), nil)); code != 2 {
		t.Errorf("a caFile without a certificate: exit code %d", code)
	}
	if _, code := examine(t, root(), "doctor", "--config", c.write(nil, nil), "--tenant", "nobody"); code != 2 {
		t.Errorf("no such tenant: exit code %d", code)
	}
}
