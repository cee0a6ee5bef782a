package proxy

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
)

// Every answer of ours, errors included, says that it is not to be stored or guessed about. None
// names the server.
func TestHeadersOfAnswers(t *testing.T) {
	f := withFiles(t, "acme")
	h := f.Handler()
	for _, q := range [][3]string{
		{"GET", "/scim/v2/Users", "acme"}, {"GET", "/scim/v2/ServiceProviderConfig", "acme"}, {"GET", "/scim/v2/Schemas", "acme"}, {"POST", "/scim/v2/Users", "acme"},
		{"GET", "/scim/v2/Users", ""}, {"GET", "/elsewhere", ""}, {"PUT", "/scim/v2/Users", "acme"}, {"GET", "/scim/v2/Users?filter=x", "acme"},
		{"GET", "/.well-known/oauth-protected-resource/tenants/acme/scim/v2", ""}, {"GET", "/realms/acme-realm/scim/v2/Users", ""},
	} {
		for _, state := range []*tls.ConnectionState{nil, {}} {
			r := httptest.NewRequest(q[0], q[1], nil)
			r.TLS = state
			if q[2] != "" {
				r.Header.Set("Authorization", "Bearer "+f.tokens[q[2]])
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			got := strings.Join([]string{w.Header().Get("Cache-Control"), w.Header().Get("X-Content-Type-Options"), w.Header().Get("Strict-Transport-Security"), w.Header().Get("Server")}, "|")
			if want := map[bool]string{false: "no-store|nosniff||", true: "no-store|nosniff|max-age=31536000|"}[state != nil]; got != want || w.Header().Get("X-Request-Id") == "" {
				t.Errorf("%v: %d %s", q, w.Code, got)
			}
		}
	}
}

// A page that lets its name mean 127.0.0.1 reads nothing from the admin listener, and changes
// nothing. Whoever names this machine as it is called is served.
func TestAdminByAForeignName(t *testing.T) {
	f := withFiles(t, "acme")
	s := httptest.NewServer(f.adminHandler())
	defer s.Close()
	address := strings.TrimPrefix(s.URL, "http://")
	_, port, _ := net.SplitHostPort(address)
	for host, local := range map[string]bool{
		address: true, "localhost:" + port: true, "LOCALHOST": true, "[::1]:" + port: true, "127.0.0.1": true, "[::1]": true, "10.0.0.1:9090": true,
		"evil.example:" + port: false, "evil.example": false, "localhost.evil.example": false, "127.0.0.1.evil.example:" + port: false, "127.1": false,
	} {
		for path, status := range map[string]string{"GET /metrics": "200", "GET /readyz": "200", "GET /healthz": "200", "DELETE /tenants/acme/canary": "204"} {
			method, target, _ := strings.Cut(path, " ")
			got, body := say(t, address, strings.Replace(request(method, target), "sso.example", host, 1))
			want := "421"
			if local {
				want = status
			}
			if fmt.Sprint(got.StatusCode) != want || !local && strings.Contains(body, "acme") || got.Header.Get("X-Content-Type-Options") != "nosniff" || got.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s by %s: %d %v", path, host, got.StatusCode, got.Header)
			}
		}
	}
	for _, origin := range []string{"Origin: http://" + address, "Origin: null", "Sec-Fetch-Site: same-origin"} {
		if got, _ := say(t, address, strings.Replace(request("DELETE", "/tenants/acme/canary", origin), "sso.example", address, 1)); got.StatusCode != 403 {
			t.Errorf("%s: %d", origin, got.StatusCode)
		}
	}
}

// A request that is never finished and a header that is too large end their connection, each by a
// timeout of its own, and HTTP/2 is not spoken.
func TestConnectionsWithoutARequest(t *testing.T) {
	f := withFiles(t, "acme")
	const short, long = config.Duration(100 * time.Millisecond), config.Duration(time.Hour)
	header, idle, body := config.Timeouts{ReadHeader: short, Read: long, Idle: long}, config.Timeouts{ReadHeader: long, Read: long, Idle: short}, config.Timeouts{ReadHeader: long, Read: short, Idle: long}
	for name, row := range map[string]struct {
		timeouts config.Timeouts
		text     string
		want     string // the beginning of the answer
	}{
		"nothing":        {header, "", ""},
		"half a header":  {header, "GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nX-A: ", ""},
		"half a body":    {body, "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + f.tokens["acme"] + "\r\nContent-Length: 100\r\n\r\n{", "HTTP/1.1 4"},
		"idle":           {idle, "GET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 "},
		"HTTP/2":         {header, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 "},
		"a large header": {header, request("GET", "/scim/v2/Users", "X-A: "+strings.Repeat("a", 70<<10)), "HTTP/1.1 431 "},
	} {
		f.cfg.Timeouts = row.timeouts
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := f.server(f.Handler())
		go func() { _ = s.Serve(l) }()
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		if _, err := io.WriteString(c, row.text); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(c) // until the server ends the connection
		if err != nil || !strings.HasPrefix(string(answer), row.want) || row.want == "" && len(answer) > 0 || strings.Contains(string(answer), "HTTP/1.1 200") {
			t.Errorf("%s: %v %q", name, err, answer)
		}
		_, _ = c.Close(), s.Close()
	}
}
