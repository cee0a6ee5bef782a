package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/console/page/pagetest"
	"keycloak-scim-proxy/console/signin"
)

// pages are all pages that are only read.
var pages = []string{
	"/console/tenants", "/console/tenants?after=t49", "/console/tenants?after=zz", "/console/tenants/acme", "/console/tenants/acme/activity?before=e9",
	"/console/tenants/acme/resource?type=User&id=u1", "/console/tenants/acme/resource?type=Group&id=g1", "/console/system",
}

// No route does anything without a session, and every answer has the headers.
func TestRoutesNeedSession(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	w.backend.err = errDown
	for _, r := range console.Routes() {
		method, path, found := strings.Cut(r.Pattern, " ")
		if !found {
			method, path = http.MethodGet, r.Pattern+"anything"
		}
		path = strings.ReplaceAll(path, "{tenant}", "acme")
		for _, who := range []string{"", "unknown"} {
			got := w.send(who, method, path, nil)
			want := http.StatusSeeOther
			if r.Event || method == http.MethodPost {
				want = http.StatusUnauthorized
			}
			if got.Code != want || got.Header().Get("Content-Security-Policy") != page.Policy || got.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %v", r.Pattern, got.Code, got.Header())
			}
			if to := got.Header().Get("Location"); want == http.StatusSeeOther && !strings.HasPrefix(to, "/console/signin?back=%2Fconsole") {
				t.Errorf("%s leads to %s", r.Pattern, to)
			}
			if strings.Contains(got.Body.String(), "entra") || strings.Contains(got.Body.String(), "Tenants") {
				t.Errorf("%s shows something", r.Pattern)
			}
		}
	}
	if got := w.backend.done(); got != nil || len(w.backend.recorded) > 0 {
		t.Errorf("done: %v", got)
	}
	w.gate.down = errDown
	if got := w.get("/console/tenants"); got.Code != 503 || !strings.Contains(got.Body.String(), "cannot be looked up") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

// A request that is refused for good is not sent again.
func TestForwarded(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	w.gate.down = signin.ErrForwarded
	got := w.get("/console/tenants")
	if got.Code != 403 || got.Header().Get("Retry-After") != "" || !strings.Contains(got.Body.String(), "localhost") {
		t.Errorf("%d %v %s", got.Code, got.Header(), got.Body)
	}
	pagetest.Check(t, "forwarded", got.Body.String())
}

func TestPages(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	for _, path := range pages {
		got := w.get(path)
		if got.Code != 200 {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
		pagetest.Check(t, path, got.Body.String())
	}
	for path, want := range map[string]int{
		"/console": 303, "/console/": 404, "/console/none": 404, "/console/tenants/other": 404, "/console/tenants/other/do/stage": 404, "/console/live/tenants/other": 404,
		"/console/tenants/acme/resource?id=none": 404, "/console/tenants/acme/resource": 404, "/console/tenants/acme/do/token-revoke": 400, "/console/tenants/acme/do/none": 404,
	} {
		got := w.get(path)
		if got.Code != want {
			t.Errorf("%s: %d, want %d", path, got.Code, want)
		}
		if strings.Contains(got.Body.String(), "<html") {
			pagetest.Check(t, path, got.Body.String())
		}
	}
	text := pagetest.Texts(w.get("/console/tenants/acme").Body.String())
	for _, want := range []string{"Signed in as ada", "https://scim.example.com/tenants/acme/scim/v2", "name.middleName", "it moved", "9 members of staff", "It changed the user \"bob\" (u1).", "refused 409", "map it"} {
		if !strings.Contains(text, want) {
			t.Errorf("the tenant's page does not show %q", want)
		}
	}
}

// A tenant without a journal has no live page. With access tokens of OAuth its use is not known.
func TestNotKnown(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	if html := w.get("/console/tenants/acme").Body.String(); !strings.Contains(html, "data-live") || !strings.Contains(pagetest.Texts(html), "2 users differ at the last scheduled walk") {
		t.Error(html)
	}
	w.backend.oauth = true
	html := w.get("/console/tenants/acme").Body.String()
	for _, want := range []string{"the tenant has no journal", "Last request</dt><dd><span class=\"quiet\">not known", "No scheduled walk has ended"} {
		if !strings.Contains(html, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(html, "data-live") {
		t.Error("it would connect for ever")
	}
	pagetest.Check(t, "not known", html)
}

// Lists have pages.
func TestPaging(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	first := w.get("/console/tenants").Body.String()
	if !strings.Contains(first, "/console/tenants?after=t49") || strings.Contains(first, "t50") {
		t.Error("the first page")
	}
	second := w.get("/console/tenants?after=t49").Body.String()
	if !strings.Contains(second, "t59") || strings.Contains(second, ">More tenants<") {
		t.Error("the second page")
	}
	if one := w.get("/console/tenants/acme").Body.String(); !strings.Contains(one, "/console/tenants/acme/activity?before=e981") {
		t.Error("earlier activity")
	}
}

// hostile are texts of callers who want to harm the page.
var hostile = []string{
	`"><script>alert(1)</script><img src=x onerror=alert(1)>' onmouseover='alert(1)' style='position:fixed`,
	"javascript:alert(1){{.}}${x}`a\x00b\x1b[31m\r\nSet-Cookie: a=b\n\u2028\u202egnp.exe\u2066\u200b\ufeff\xff\xfe../../../metrics?x=%2e%2e#y]]><!--",
	strings.Repeat("x", 20_000), strings.Repeat("\U0001F469\u200d", 5000),
}

func TestHostileTexts(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	for _, said := range hostile {
		w.backend.said = said
		var shown []string
		for _, path := range pages {
			shown = append(shown, w.get(path).Body.String())
		}
		for verb := range console.Verbs() {
			if verb != "invite" {
				w.ask(verb)
				shown = append(shown, w.act("ada", verb, values[verb]).Body.String())
			}
		}
		for i, html := range shown {
			if !strings.Contains(html, "<html") {
				t.Errorf("%.20q, page %d: %.200s", said, i, html)
				continue
			}
			for _, wrong := range pagetest.Problems(html) {
				t.Errorf("%.20q, page %d: %s", said, i, wrong)
			}
			text := pagetest.Texts(html)
			for _, bad := range []string{"\u202e", "\u2066", "\u200b", "\u2028", "\x1b", "\x00", "\ufeff"} {
				if strings.Contains(text, bad) {
					t.Errorf("%.20q, page %d: shows %q", said, i, bad)
				}
			}
			if strings.Contains(text, strings.Repeat("x", 2000)) || len(html) > 4<<20 {
				t.Errorf("%.20q, page %d: shows a very long text: %d bytes", said, i, len(html))
			}
		}
	}
}

// A part that fails says so, and the other parts stay.
func TestFailingBackend(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	w.backend.err = errDown
	for _, path := range pages {
		got := w.get(path)
		if got.Code != 200 || !strings.Contains(got.Body.String(), "cannot be shown: the store does not answer") {
			t.Errorf("%s: %d", path, got.Code)
		}
		pagetest.Check(t, path, got.Body.String())
	}
	if text := w.get("/console/tenants/acme").Body.String(); strings.Count(text, "the store does not answer") != 6 || !strings.Contains(text, "Make a token") {
		t.Errorf("%d parts", strings.Count(text, "the store does not answer"))
	}
}

// A fault in one part does not end the process.
func TestPanic(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	w.backend.fault = true
	if got := w.get("/console/tenants/acme"); got.Code != 200 || !strings.Contains(got.Body.String(), "a fault of the console: broken") || !strings.Contains(got.Body.String(), "entra") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

// Only requests for pages count as a use of the session.
func TestActive(t *testing.T) {
	w := newWorld(t, page.LiveOptions{Life: time.Millisecond})
	w.get("/console/tenants")
	w.get("/console/live/tenants")
	if fmt.Sprint(w.gate.active) != "[true false]" {
		t.Error(w.gate.active)
	}
}
