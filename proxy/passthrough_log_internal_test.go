package proxy

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

// told waits for the log line of a request, and checks the status in it and in the metric.
func told(t *testing.T, p *Proxy, log lines, status int, cause string) {
	t.Helper()
	text := <-log
	var line struct {
		Call, Tenant, Cause string
		Status              int
	}
	if err := json.Unmarshal([]byte(text), &line); err != nil {
		t.Fatal(err)
	}
	if line.Call != "passthrough" || line.Tenant != "" || line.Status != status || !strings.Contains(line.Cause, cause) || (cause == "") != (line.Cause == "") {
		t.Errorf("want %d, cause %q: %s", status, cause, text)
	}
	if got, want := series(p), fmt.Sprintf(`scim_request_duration_seconds_count{call="passthrough",realm="",status="%d",tenant=""} 1`, status); len(got) != 1 || got[0] != want {
		t.Errorf("%q, want %s", got, want)
	}
}

// series returns the counts of requests in the answer of /metrics.
func series(p *Proxy) []string {
	w := httptest.NewRecorder()
	p.adminHandler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return regexp.MustCompile(`(?m)^scim_request_duration_seconds_count.*$`).FindAllString(w.Body.String(), -1)
}

// Every request has a log line and a metric with the status of its answer.
func TestPassthroughStatus(t *testing.T) {
	upstream := newRecorder(t)
	upstream.answer = func(w http.ResponseWriter, r *http.Request) {
		var status int
		_, _ = fmt.Sscan(r.URL.RawQuery, &status)
		w.WriteHeader(status)
	}
	for request, want := range map[string]struct {
		status int
		cause  string
	}{
		get("/x?200"):            {200, ""},
		get("/x?302"):            {302, ""},
		get("/x?404"):            {404, ""},
		get("/x?503"):            {503, ""},
		get("/x;y"):              {400, "not in its normal form"},
		get("/admin"):            {403, "not passed on"},
		get("/realms/r/Scim"):    {404, "no such endpoint"},
		request("TRACE", "/x?1"): {405, "TRACE"},
	} {
		p, address, log := passing(t, upstream.URL, "")
		if res, body := say(t, address, request); res.StatusCode != want.status {
			t.Errorf("%q: %d %s", request, res.StatusCode, body)
		}
		told(t, p, log, want.status, want.cause)
	}
}

func TestPassthroughUnreachable(t *testing.T) {
	upstream := httptest.NewServer(nil)
	upstream.Close()
	p, address, log := passing(t, upstream.URL, "")
	res, body := say(t, address, get("/x"))
	if res.StatusCode != 502 || !strings.Contains(body, "Keycloak does not answer") || strings.Contains(body, "127.0.0.1") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	told(t, p, log, 502, "connection refused")
}

// holding returns an upstream that runs a function and then waits until its caller has
// disconnected.
func holding(t *testing.T, first func(w http.ResponseWriter)) (upstream *httptest.Server, reached chan struct{}) {
	t.Helper()
	reached = make(chan struct{}, 1)
	upstream = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first(w)
		reached <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(upstream.Close)
	return upstream, reached
}

func TestPassthroughDeadline(t *testing.T) {
	upstream, _ := holding(t, func(http.ResponseWriter) {})
	p, address, log := passing(t, upstream.URL, "dropIn: {enabled: true, passthrough: {timeout: 50ms}}\n")
	if res, body := say(t, address, get("/x")); res.StatusCode != 504 || !strings.Contains(body, "messages:2.0:Error") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	told(t, p, log, 504, "deadline exceeded")
}

func begin(w http.ResponseWriter) {
	_, _ = io.WriteString(w, "begun")
	_ = http.NewResponseController(w).Flush()
}

// The deadline is for the whole exchange, not only for the beginning of the answer.
func TestPassthroughDeadlineOfAnAnswerThatDoesNotEnd(t *testing.T) {
	upstream, _ := holding(t, begin)
	_, address, log := passing(t, upstream.URL, "dropIn: {enabled: true, passthrough: {timeout: 50ms}}\n")
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, get("/x")); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(c); err != nil || strings.HasSuffix(string(b), "0\r\n\r\n") && !strings.HasPrefix(string(b), "HTTP/1.1 504") {
		t.Errorf("%v %q", err, b)
	}
	<-log
}

// An answer that is cut off is cut off for the caller too, and the log line says so.
func TestPassthroughCut(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(upstream.Close)
	p, address, log := passing(t, upstream.URL, "")
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, get("/x")); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || res.StatusCode != 200 {
		t.Fatal(res, err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("%q looks whole", b)
	}
	told(t, p, log, 200, "cut off")
}

func TestPassthroughCallerGone(t *testing.T) {
	upstream, reached := holding(t, func(http.ResponseWriter) {})
	p, address, log := passing(t, upstream.URL, "")
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, get("/x")); err != nil {
		t.Fatal(err)
	}
	<-reached
	_ = c.Close()
	told(t, p, log, 499, "canceled")
}

// A request body that is cut off is the caller's fault, not Keycloak's.
func TestPassthroughBodyBreaksOff(t *testing.T) {
	upstream, reached := newRecorder(t), make(chan struct{})
	upstream.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(reached)
		_, _ = io.Copy(io.Discard, r.Body)
	})
	p, address, log := passing(t, upstream.URL, "")
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request("POST", "/x", "Content-Length: 9")+"abc"); err != nil {
		t.Fatal(err)
	}
	<-reached
	_ = c.Close()
	told(t, p, log, 499, "canceled")
}

// So is a body that cannot be read.
func TestPassthroughBodyIsBroken(t *testing.T) {
	upstream := newRecorder(t)
	p, address, log := passing(t, upstream.URL, "")
	say(t, address, request("POST", "/x", "Transfer-Encoding: chunked")+"x\r\n")
	told(t, p, log, 400, "the body could not be read")
}

// The labels tenant and call never come from a path.
func TestPassthroughLabelsAreBounded(t *testing.T) {
	upstream := newRecorder(t)
	p, address, log := passing(t, upstream.URL, "")
	for i := range 20 {
		say(t, address, request([]string{"GET", "M" + fmt.Sprint(i)}[i%2], fmt.Sprintf("/realms/r%d/x", i)))
		<-log
	}
	if got := series(p); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

// The write timeout of the listener is longer than the longest request.
func TestWriteDeadline(t *testing.T) {
	for more, want := range map[string]time.Duration{
		"dropIn: {enabled: true}\n": 90 * time.Second, "dropIn: {enabled: true, passthrough: {timeout: 5m}}\n": 330 * time.Second,
		"dropIn: {enabled: true, passthrough: {timeout: 1s}}\n": 90 * time.Second, "timeouts: {write: 2m}\n": 2 * time.Minute,
	} {
		p, _, _ := passing(t, "http://127.0.0.1:1", more)
		if got := p.server(nil).WriteTimeout; got != want {
			t.Errorf("%q: %s", more, got)
		}
	}
}
