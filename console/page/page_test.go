package page_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"keycloak-scim-proxy/console/page"
)

func site(t *testing.T) *page.Site {
	t.Helper()
	s, err := page.NewSite("/console", "Console", fstest.MapFS{
		"pages/one.html":  {Data: []byte(`{{define "body"}}<p>{{show .}}</p>{{end}}`)},
		"pages/bad.html":  {Data: []byte(`{{define "body"}}{{.Nothing.More}}{{end}}`)},
		"parts/part.html": {Data: []byte(`{{define "part"}}<b>{{show .}}</b>{{end}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRender(t *testing.T) {
	s := site(t)
	w := httptest.NewRecorder()
	s.Render(w, 200, page.View{Page: "one", Title: "A & B", Data: "<script>\u202e"})
	if got := w.Body.String(); w.Code != 200 || !strings.Contains(got, "<h1>A &amp; B</h1>") || !strings.Contains(got, "<p>&lt;script&gt;⟨202E⟩</p>") {
		t.Errorf("%d %s", w.Code, got)
	}
	for _, v := range []page.View{{Page: "bad", Data: 1}, {Page: "none"}} {
		w := httptest.NewRecorder()
		if s.Render(w, 200, v); w.Code != 500 || strings.Contains(w.Body.String(), "<html") {
			t.Errorf("%s: %d %s", v.Page, w.Code, w.Body)
		}
	}
	if got, err := s.Fragment("part", "<"); err != nil || got != "<b>&lt;</b>" {
		t.Error(got, err)
	}
}

// Assets have a name that changes with their content, and may be cached.
func TestAssets(t *testing.T) {
	s := site(t)
	w := httptest.NewRecorder()
	s.Render(w, 200, page.View{Page: "one"})
	mux := http.NewServeMux()
	mux.Handle("GET /console/assets/{file}", s.Assets())
	named := regexp.MustCompile(`/console/assets/[\w.]+`).FindAllString(w.Body.String(), -1)
	if len(named) != 2 {
		t.Fatal(named)
	}
	for _, path := range append(named, "/console/assets/style.css", "/console/assets/..%2fforms.go") {
		got := httptest.NewRecorder()
		mux.ServeHTTP(got, httptest.NewRequest(http.MethodGet, path, nil))
		if found := strings.Count(path, ".") == 2 && !strings.Contains(path, ".."); found != (got.Code == 200) || found != strings.Contains(got.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", path, got.Code, got.Header())
		}
	}
}

// Requests of other origins do not reach the pages, and every answer has the headers.
func TestProtect(t *testing.T) {
	refused := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	h := page.Protect("https://console.example.com/console", refused, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ParseForm() != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	}))
	for name, c := range map[string]struct {
		method, header, value, body string
		want                        int
	}{
		"a page":                      {"GET", "Sec-Fetch-Site", "cross-site", "", 200},
		"its own form":                {"POST", "Sec-Fetch-Site", "same-origin", "a=b", 200},
		"another site's form":         {"POST", "Sec-Fetch-Site", "cross-site", "a=b", 403},
		"a neighbour's form":          {"POST", "Sec-Fetch-Site", "same-site", "a=b", 403},
		"an old browser's":            {"POST", "Origin", "https://evil.example.com", "a=b", 403},
		"a sandboxed page's":          {"POST", "Origin", "null", "a=b", 403},
		"behind a proxy that renames": {"POST", "Origin", "https://console.example.com", "a=b", 200},
		"large":                       {"POST", "Sec-Fetch-Site", "same-origin", "a=" + strings.Repeat("b", 70<<10), 413},
	} {
		r := httptest.NewRequest(c.method, "http://inside:9090/console", strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(c.header, c.value)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want || w.Header().Get("Content-Security-Policy") != page.Policy || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
}

func TestForms(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	forms := page.Forms{Secret: page.NewSecret(), Now: func() time.Time { return now }}
	other := page.Forms{Secret: page.NewSecret(), Now: forms.Now}
	check := func(token string) (string, error) {
		r := httptest.NewRequest(http.MethodPost, "/console/do", strings.NewReader(url.Values{page.TokenField: {token}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return forms.Check(r)
	}
	good := forms.Token("/console/do")
	if id, err := check(good); err != nil || id == "" {
		t.Error(id, err)
	}
	for name, token := range map[string]string{
		"none": "", "another session's": other.Token("/console/do"), "another action's": forms.Token("/console/undo"),
		"cut": good[:len(good)-1], "changed": "z" + good[1:], "dots": "..", "NUL": "\x00.\x00.\x00",
	} {
		if _, err := check(token); !errors.Is(err, page.ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/console/do?token="+url.QueryEscape(good), nil)
	if _, err := forms.Check(r); !errors.Is(err, page.ErrForm) {
		t.Errorf("in the URL: %v", err)
	}
	now = now.Add(page.TokenAge + time.Second)
	if _, err := check(good); !errors.Is(err, page.ErrOldForm) {
		t.Errorf("old: %v", err)
	}
	forms.Secret = nil
	if _, err := check(forms.Token("/console/do")); !errors.Is(err, page.ErrForm) {
		t.Errorf("no secret: %v", err)
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "two\nlines": "two lines", "a\u202eb": "a⟨202E⟩b", "\x00\x1b[": "⟨0000⟩⟨001B⟩[", "\xff": "\uFFFD",
		"zero\u200bwidth": "zero⟨200B⟩width", "a\ufe0fb": "a⟨FE0F⟩b", "\U000E0041": "⟨E0041⟩", "Ünï·Ж漢": "Ünï·Ж漢", "0123456789abcdef": "0123456789…", "a\u2028b": "a⟨2028⟩b",
	} {
		most := 10
		if len(in) < 16 {
			most = 20
		}
		if got := page.Text(in, most); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestChart(t *testing.T) {
	c := page.Chart{ID: "c", Unit: "Requests", Kinds: []page.Kind{{"done", "ok"}, {"failed", "bad"}}, Bars: []page.Bar{{"10:00", []int{999, 1}}, {"11:00", nil}, {"12:00", []int{1}}}}
	boxes := c.Boxes()
	if len(boxes) != 3 || boxes[1].Height != 1 || boxes[1].Y < 0 || boxes[2].Height != 1 || c.Summary() != "Requests, from 10:00 to 12:00: 1,000 done, 1 failed." {
		t.Errorf("%+v %s", boxes, c.Summary())
	}
	if got := (page.Chart{Unit: "Requests"}).Summary(); got != "Requests: none." {
		t.Error(got)
	}
}

// A stream outlives the server's time limits, gets the newest parts at once, ends after its time,
// and its follower ends with the last reader.
func TestLive(t *testing.T) {
	live := page.NewLive(page.LiveOptions{Most: 3, PerSession: 2, Beat: 20 * time.Millisecond, Life: time.Second})
	started, ended := make(chan struct{}, 9), make(chan struct{}, 9)
	follow := func(ctx context.Context, show func(page.Parts, string)) error {
		started <- struct{}{}
		show(page.Parts{"a": "<b>1</b>\n", "b": "2"}, "new")
		<-ctx.Done()
		ended <- struct{}{}
		return nil
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		live.Serve(w, r, r.URL.Query().Get("session"), "topic", follow)
	}))
	s.Config.ReadTimeout, s.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	s.Start()
	defer s.Close()
	type answer struct {
		status int
		body   io.Reader
	}
	get := func(session string) answer {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"?session="+session, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		return answer{res.StatusCode, res.Body}
	}
	read := func(res answer) (events string, beats int) {
		lines := bufio.NewScanner(res.body)
		for lines.Scan() {
			if line := lines.Text(); strings.HasPrefix(line, ":") {
				beats++
			} else if line != "" {
				events += line + "|"
			}
		}
		if err := lines.Err(); err != nil {
			events += fmt.Sprint(err)
		}
		return events, beats
	}
	one, two := get("x"), get("x")
	if refused := get("x"); refused.status != http.StatusServiceUnavailable {
		t.Errorf("a third of the session: %d", refused.status)
	}
	three := get("y")
	if refused := get("z"); refused.status != http.StatusServiceUnavailable {
		t.Errorf("a fourth: %d", refused.status)
	}
	const want = "retry: 3000|event: parts|data: {\"a\":\"\\u003cb\\u003e1\\u003c/b\\u003e\\n\",\"b\":\"2\"}|event: note|data: \"new\"|"
	for _, res := range []answer{one, two, three} {
		if got, beats := read(res); got != want || beats < 10 {
			t.Errorf("%q, %d beats", got, beats)
		}
	}
	<-ended
	if len(started) != 1 {
		t.Errorf("%d followers", len(started))
	}
	last := get("x") // the places are free again
	live.Close()
	if got, _ := read(last); last.status != 200 || !strings.HasPrefix(got, "retry: 3000|") {
		t.Errorf("%d %q", last.status, got)
	}
	<-ended
	if closed := get("x"); closed.status != http.StatusServiceUnavailable {
		t.Errorf("after Close: %d", closed.status)
	}
}

// A reader that takes nothing is cut off, and holds no place and no memory after that.
func TestSlowReader(t *testing.T) {
	live := page.NewLive(page.LiveOptions{Write: 100 * time.Millisecond})
	ended := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		live.Serve(w, r, "x", "topic", func(ctx context.Context, show func(page.Parts, string)) error {
			defer close(ended)
			for n := 0; ctx.Err() == nil; n++ {
				show(page.Parts{"a": fmt.Sprint(n) + strings.Repeat("x", 500_000)}, "")
				runtime.Gosched()
			}
			return nil
		})
	}))
	defer s.Close()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Error("the reader is still served")
	}
}
