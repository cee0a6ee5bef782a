package proxy

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/config/configfile"
)

// recorder is an upstream that records its requests, instead of a Keycloak.
type recorder struct {
	*httptest.Server
	mu  sync.Mutex
	got []*http.Request // their bodies were read
	// answer, if it is not nil, answers instead of 200.
	answer http.HandlerFunc
}

func newRecorder(t testing.TB) *recorder {
	t.Helper()
	u := &recorder{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		u.mu.Lock()
		u.got = append(u.got, r)
		u.mu.Unlock()
		if u.answer != nil {
			u.answer(w, r)
		}
	}))
	t.Cleanup(u.Close)
	return u
}

// take returns the requests since the last call.
func (u *recorder) take() []*http.Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	got := u.got
	u.got = nil
	return got
}

// targets returns the targets of the requests since the last call.
func (u *recorder) targets() string {
	var all []string
	for _, r := range u.take() {
		all = append(all, r.RequestURI)
	}
	return strings.Join(all, " ")
}

// lines is a log that a test can wait for.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

func (l lines) Sync() error { return nil }

// passing runs a proxy with passthrough to an upstream on a real listener, with additional
// configuration, and returns its address.
func passing(t *testing.T, upstream, more string) (p *Proxy, address string, log lines) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf("keycloak: {url: %q}\nstore: {embedded: {path: store.db}}\n%s", upstream, more)
	if !strings.Contains(more, "dropIn") {
		text += "dropIn: {enabled: true, passthrough: {}}\n"
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := configfile.Load(file, adapters.Known)
	if err != nil {
		t.Fatal(err)
	}
	log = make(lines, 1000)
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), log, zap.DebugLevel)
	if p, err = New(*cfg, zap.New(core)); err != nil {
		t.Fatal(err)
	}
	if start := <-log; !strings.Contains(start, `"msg":"store"`) {
		t.Fatalf("the first line is %s", start)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := p.server(p.Handler())
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close()
		_ = p.Close()
	})
	return p, l.Addr().String(), log
}

type reply struct {
	StatusCode int
	Header     http.Header
}

// say sends bytes and reads one answer.
func say(t *testing.T, address, request string) (reply, string) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	return reply{res.StatusCode, res.Header}, string(body)
}

func get(target string) string { return request("GET", target) }

func request(method, target string, headers ...string) string {
	return method + " " + target + " HTTP/1.1\r\nHost: sso.example\r\nConnection: close\r\n" + strings.Join(append(headers, "\r\n"), "\r\n")
}
