package proxy

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// spoofed has headers that only a reverse proxy may set: all names that Keycloak's providers read,
// the names of common proxies and clouds, and spellings that some servers treat as equal.
func spoofed() []string {
	return []string{
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server",
		"X-Forwarded-Ssl", "X-Forwarded", "X-Forwarded-User", "Forwarded", "forwarded", "X-Real-IP", "X_Forwarded_For", "x_forwarded-proto", "X-Original-Forwarded-For",
		"X-Original-URL", "ssl-client-cert", "SSL_CLIENT_CERT", "Ssl-Client-Verify", "SSL_CLIENT_VERIFY", "ssl-client-subject-dn", "SSL_CLIENT_CERT_CHAIN_0",
		"CERT_CHAIN", "CERT_CHAIN_0", "CERT-CHAIN_9", "X-Forwarded-Client-Cert", "x_forwarded_client_cert", "X-Forwarded-Tls-Client-Cert",
		"X-Forwarded-Tls-Client-Cert-Info", "Client-Cert", "Client-Cert-Chain", "Client_Cert", "Client-Cert-Chain_0", "X-SSL-Client-Cert", "X-SSL-Client-Verify",
		"X_SSL_CLIENT_DN", "X-SSL-Cert", "X-SSL", "X-Client-Cert", "X-Client-Cert-Leaf", "X-Client-Verify", "X-ARR-ClientCert", "X-Amzn-Mtls-Clientcert",
		"X-Amzn-Mtls-Clientcert-Leaf", "Cf-Client-Cert-Der-Base64", "WL-Proxy-Client-Cert", "SSLClientCert",
	}
}

// ordinary returns ordinary headers.
func ordinary() http.Header {
	return http.Header{
		"Authorization": {"Bearer x"}, "Cookie": {"a=b; c=d"}, "X-Request-Id": {"mine"}, "Accept": {"a", "b"}, "Origin": {"https://app"}, "Content-Language": {"en"},
		"X-Sslish": {"1"}, "Dpop": {"proof"}, "X-Forwarder": {"1"}, "Client-Name": {"1"}, "Certificate": {"1"}, "User-Agent": {"me"},
	}
}

// Forwarding headers of a caller are replaced by ones that describe the connection. Those of a
// trusted proxy are kept, and the trusted proxy's address is added.
func TestPassthroughHeaders(t *testing.T) {
	headers := []string{}
	for _, name := range spoofed() {
		headers = append(headers, name+": spoofed")
	}
	for name, values := range ordinary() {
		for _, v := range values {
			headers = append(headers, name+": "+v)
		}
	}
	for more, trusted := range map[string]bool{
		"": false, "trustedProxies: [10.0.0.0/8, \"::1\", 127.0.0.2]\n": false,
		"trustedProxies: [127.0.0.1]\n": true, "trustedProxies: [10.0.0.0/8, 127.0.0.0/8]\n": true,
	} {
		upstream := newRecorder(t)
		_, address, _ := passing(t, upstream.URL, more)
		say(t, address, request("GET", "/x", headers...))
		got := upstream.take()[0]
		want := ordinary()
		want["X-Forwarded-For"], want["X-Forwarded-Host"], want["X-Forwarded-Proto"] = []string{"127.0.0.1"}, []string{"sso.example"}, []string{"http"}
		if trusted {
			for _, name := range spoofed() {
				want[http.CanonicalHeaderKey(name)] = []string{"spoofed"}
			}
			want["X-Forwarded-For"] = []string{"spoofed, 127.0.0.1"}
			want["Forwarded"] = []string{"spoofed", "spoofed"}
		}
		if diff := cmp.Diff(want, got.Header); diff != "" || got.Host != "sso.example" {
			t.Errorf("%q: host %s %s", more, got.Host, diff)
		}
	}
}

// A trusted proxy without forwarding headers is the caller.
func TestPassthroughTrustedProxySaysLittle(t *testing.T) {
	upstream := newRecorder(t)
	_, address, _ := passing(t, upstream.URL, "trustedProxies: [127.0.0.1]\n")
	say(t, address, request("GET", "/x", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2, 192.0.2.3", "User-Agent: me"))
	want := http.Header{
		"X-Forwarded-For": {"192.0.2.1, 192.0.2.2, 192.0.2.3, 127.0.0.1"}, "X-Forwarded-Host": {"sso.example"}, "X-Forwarded-Proto": {"http"}, "User-Agent": {"me"},
	}
	if diff := cmp.Diff(want, upstream.take()[0].Header); diff != "" {
		t.Error(diff)
	}
}

// Headers of one connection are not passed on, and a caller cannot remove headers that are set
// here.
func TestPassthroughConnection(t *testing.T) {
	upstream := newRecorder(t)
	_, address, _ := passing(t, upstream.URL, "")
	for name, headers := range map[string][]string{
		"named by Connection": {"Connection: X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto, X-Secret, close", "X-Secret: 1", "X-Forwarded-For: 192.0.2.1"},
		"hop by hop":          {"Proxy-Authorization: Basic eA==", "Proxy-Connection: keep-alive", "Keep-Alive: timeout=5", "TE: gzip", "Proxy-Authenticate: x", "Trailer: X"},
		"websocket":           {"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"},
		"h2c":                 {"Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"},
		"odd upgrade":         {"Connection: upgrade", "Upgrade: TLS/1.0, \x80"},
		"expectation":         {"Expect: 100-continue", "Content-Length: 0"},
	} {
		say(t, address, request("GET", "/x", append(headers, "User-Agent: me")...))
		want := http.Header{"X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Host": {"sso.example"}, "X-Forwarded-Proto": {"http"}, "User-Agent": {"me"}}
		got := upstream.take()[0].Header
		got.Del("Sec-Websocket-Key")
		got.Del("Sec-Websocket-Version")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// The connection is never upgraded, also if the upstream agrees.
func TestPassthroughNoTunnel(t *testing.T) {
	upstream := newRecorder(t)
	upstream.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		w.WriteHeader(http.StatusSwitchingProtocols)
	}
	_, address, _ := passing(t, upstream.URL, "")
	res, body := say(t, address, request("GET", "/x", "Connection: Upgrade", "Upgrade: websocket"))
	if res.StatusCode != 502 {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

// Every request gets new framing: no bytes of a request become another request, here or in
// Keycloak.
func TestPassthroughFraming(t *testing.T) {
	const inner = "GET /admin/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	post := func(body string, headers ...string) string { return request("POST", "/x", headers...) + body }
	for name, c := range map[string]struct {
		request string
		status  int
		body    string // as Keycloak got it
	}{
		"length":                  {post("abc", "Content-Length: 3"), 200, "abc"},
		"chunked":                 {post("3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), 200, "abc"},
		"chunked with trailer":    {post("3\r\nabc\r\n0\r\nX-Forwarded-For: 1\r\n\r\n", "Transfer-Encoding: chunked", "Trailer: X-Forwarded-For"), 200, "abc"},
		"length and chunked":      {post("0\r\n\r\n"+inner, "Content-Length: 60", "Transfer-Encoding: chunked"), 200, ""},
		"chunked and length":      {post("3\r\nabc\r\n0\r\n\r\n"+inner, "Transfer-Encoding: chunked", "Content-Length: 3"), 200, "abc"},
		"two lengths":             {post("abc"+inner, "Content-Length: 3", "Content-Length: 50"), 400, ""},
		"two equal lengths":       {post("abc", "Content-Length: 3", "Content-Length: 3"), 200, "abc"},
		"list of lengths":         {post("abc"+inner, "Content-Length: 3, 50"), 400, ""},
		"signed length":           {post("abc"+inner, "Content-Length: +3"), 400, ""},
		"length with a blank":     {post("abc"+inner, "Content-Length : 3"), 400, ""},
		"folded":                  {post("0\r\n\r\n"+inner, "Transfer-Encoding:", " chunked", "Content-Length: 3"), 200, ""},
		"unknown coding":          {post("0\r\n\r\n"+inner, "Transfer-Encoding: xchunked"), 501, ""},
		"two codings":             {post("0\r\n\r\n"+inner, "Transfer-Encoding: gzip, chunked"), 501, ""},
		"two coding lines":        {post("0\r\n\r\n"+inner, "Transfer-Encoding: chunked", "Transfer-Encoding: identity"), 501, ""},
		"coding with a tab":       {post("0\r\n\r\n"+inner, "Transfer-Encoding: \x0bchunked"), 400, ""},
		"bare line feed in chunk": {post("3\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), 400, ""},
		"chunk too short":         {post("2\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), 400, ""},
		"no number":               {post("x\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), 400, ""},
		"no host":                 {"GET /x HTTP/1.1\r\nConnection: close\r\n\r\n", 400, ""},
		"two hosts":               {request("GET", "/x", "Host: admin"), 400, ""},
		"expectation":             {post("abc", "Content-Length: 3", "Expect: 200-ok"), 417, ""},
		"target with a line":      {"GET /x\r HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400, ""},
		"header with a line":      {request("GET", "/x", "X: a\rb"), 400, ""},
		"header with a zero":      {request("GET", "/x", "X: a\x00b"), 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			upstream := newRecorder(t)
			_, address, _ := passing(t, upstream.URL, "")
			res, body := say(t, address, c.request)
			if res.StatusCode != c.status {
				t.Errorf("%d %s, want %d", res.StatusCode, body, c.status)
			}
			upstream.Close() // waits for running requests
			got := upstream.take()
			if c.status != 200 {
				// A request may have reached Keycloak before its fault was detected, but as one
				// request and without its end.
				if slices.ContainsFunc(got, func(r *http.Request) bool { return r.RequestURI != "/x" }) {
					t.Errorf("%d requests reached Keycloak", len(got))
				}
				return
			}
			if len(got) != 1 || got[0].RequestURI != "/x" || len(got[0].Trailer) != 0 || got[0].Header.Get("X-Forwarded-For") != "127.0.0.1" {
				t.Fatalf("%+v", got)
			}
			if b, _ := io.ReadAll(got[0].Body); string(b) != c.body {
				t.Errorf("the body is %q", b)
			}
		})
	}
}

// The answer is returned as it is, with the id of the log line added.
func TestPassthroughAnswer(t *testing.T) {
	upstream := newRecorder(t)
	upstream.answer = func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Error("compression was asked for by nobody")
		}
		w.Header()["Set-Cookie"] = []string{"a=1; Path=/realms/r/; Secure; HttpOnly", "b=2"}
		w.Header().Set("Location", "https://sso.example/realms/r/x?a=%2F;b")
		w.Header().Set("Keep-Alive", "timeout=1")
		w.WriteHeader(http.StatusFound)
		_, _ = io.WriteString(w, "moved")
	}
	_, address, _ := passing(t, upstream.URL, "")
	res, body := say(t, address, get("/realms/r/x"))
	if res.StatusCode != 302 || body != "moved" || res.Header.Get("Location") != "https://sso.example/realms/r/x?a=%2F;b" || res.Header.Get("Keep-Alive") != "" {
		t.Errorf("%d %v %s", res.StatusCode, res.Header, body)
	}
	if got := strings.Join(res.Header["Set-Cookie"], "|"); got != "a=1; Path=/realms/r/; Secure; HttpOnly|b=2" || len(res.Header["X-Request-Id"]) != 1 {
		t.Error(res.Header)
	}
}
