package console_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/console/page/pagetest"
	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/undo"
)

// values are those that each action needs, and done what it does with them.
var (
	values = map[string]url.Values{
		"token-make": {"days": {"10"}}, "token-rotate": {"days": {""}, "overlap": {"2"}}, "token-revoke": {"id": {"i1"}}, "verify": {}, "stage": {}, "live": {},
		"guard-release": {"hours": {"3"}}, "guard-close": {}, "drift-look": {}, "drift-reapply": {"plan": {"d1"}}, "undo-plan": {"request": {"r1"}},
		"undo": {"since": {"2026-11-01T00:00"}, "plan": {"p1"}}, "invite": {"days": {"7"}}, "invite-revoke": {}, "waive": {"line": {"update"}, "reason": {"not needed"}},
	}
	does = map[string]string{
		"token-make": "token-make acme ada 2026-12-06", "token-rotate": "token-rotate acme ada 2h0m0s", "token-revoke": "token-revoke acme ada i1", "verify": "verify acme ada",
		"stage": "stage acme ada", "live": "live acme ada", "guard-release": "guard-release acme ada 3h0m0s", "guard-close": "guard-close acme ada", "drift-look": "drift-look acme ada",
		"drift-reapply": "drift-reapply acme ada d1", "undo-plan": "undo-plan [acme] ada r1 0001-01-01", "undo": "undo [acme] ada  2026-11-01 p1", "invite": "invite acme ada 168h0m0s",
		"invite-revoke": "invite-revoke acme ada", "waive": "waive acme ada update not needed",
	}
)

func path(verb string) string { return "/console/tenants/acme/do/" + verb }

// ask gets the page of an action.
func (w *world) ask(verb string) *httptest.ResponseRecorder {
	q := ""
	if v := values[verb]; len(v) > 0 {
		q = "?" + v.Encode()
	}
	return w.get(path(verb) + q)
}

var tokenField = regexp.MustCompile(`action="([^"]*)"[^>]*>\s*<input type="hidden" name="token" value="([^"]*)"`)

// token is that of the form of an action on a page.
func token(html, verb string) string {
	for _, m := range tokenField.FindAllStringSubmatch(html, -1) {
		if m[1] == path(verb) {
			return m[2]
		}
	}
	return ""
}

// fresh is a new token for an action.
func (w *world) fresh(who, verb string) string {
	q := "?" + values[verb].Encode()
	return token(w.send(who, http.MethodGet, path(verb)+q, nil).Body.String(), verb)
}

func (w *world) act(who, verb string, form url.Values) *httptest.ResponseRecorder {
	if form = maps.Clone(form); form == nil {
		form = url.Values{}
	}
	form.Set(page.TokenField, w.fresh(who, verb))
	return w.send(who, http.MethodPost, path(verb), form)
}

func TestActions(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	if len(values) != len(console.Verbs()) {
		t.Fatalf("%d actions have values, of %d", len(values), len(console.Verbs()))
	}
	for verb, looks := range console.Verbs() {
		asked := w.ask(verb)
		if asked.Code != 200 || w.backend.done() != nil || len(w.backend.recorded) > 0 {
			t.Fatalf("%s: a GET: %d %v", verb, asked.Code, w.backend.done())
		}
		pagetest.Check(t, verb+" asked", asked.Body.String())
		form := maps.Clone(values[verb])
		form.Set(page.TokenField, token(asked.Body.String(), verb))
		var all sync.WaitGroup
		codes := make(chan int, 5)
		for range 5 { // at once, as impatient people do
			all.Go(func() { codes <- w.send("ada", http.MethodPost, path(verb), form).Code })
		}
		all.Wait()
		close(codes)
		seen := map[int]int{}
		for c := range codes {
			seen[c]++
		}
		if got := w.backend.done(); len(got) != 1 || got[0] != does[verb] || seen[200] != 1 || seen[409] != 4 {
			t.Errorf("%s: %q, want %q; %v", verb, got, does[verb], seen)
		}
		want := 1
		if looks {
			want = 0
		}
		if got := w.backend.recorded; len(got) != want || len(w.backend.outcomes) != want || want == 1 && (got[0].By.Name != "ada" || got[0].By.Address == "" || got[0].Verb != verb || got[0].Tenant != "acme") {
			t.Errorf("%s: recorded %+v", verb, got)
		}
		w.backend.acts, w.backend.recorded, w.backend.outcomes = nil, nil, nil
		done := w.act("ada", verb, values[verb])
		pagetest.Check(t, verb+" done", done.Body.String())
		w.backend.acts, w.backend.recorded, w.backend.outcomes = nil, nil, nil
	}
	if slices.Contains(console.Actions(), "undo-plan") || !slices.Contains(console.Actions(), "undo") {
		t.Error(console.Actions())
	}
}

// A form of another session, action or site, or an old one, does nothing.
func TestForgedForms(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	for verb := range console.Verbs() {
		other := "stage"
		if verb == other {
			other = "live"
		}
		for name, forged := range map[string]string{"none": "", "another session's": w.fresh("eve", verb), "another action's": w.fresh("ada", other)} {
			form := maps.Clone(values[verb])
			form.Set(page.TokenField, forged)
			got := w.send("ada", http.MethodPost, path(verb), form)
			if got.Code != 403 {
				t.Errorf("%s, %s: %d", verb, name, got.Code)
			}
			pagetest.Check(t, verb+name, got.Body.String())
		}
		form := maps.Clone(values[verb])
		form.Set(page.TokenField, w.fresh("ada", verb))
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.com"} {
			r := httptest.NewRequest(http.MethodPost, path(verb), strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(header, value)
			r.AddCookie(&http.Cookie{Name: "who", Value: "ada"})
			got := httptest.NewRecorder()
			w.handler.ServeHTTP(got, r)
			if got.Code != 403 {
				t.Errorf("%s, %s: %d", verb, header, got.Code)
			}
		}
		if got := w.get(path(verb) + "?" + form.Encode()); got.Code != 200 {
			t.Errorf("a GET with a token: %d", got.Code)
		}
		w.later(page.TokenAge + 1e9)
		if got := w.send("ada", http.MethodPost, path(verb), form); got.Code != 403 {
			t.Errorf("%s, an old form: %d", verb, got.Code)
		}
	}
	if got := w.backend.done(); got != nil || len(w.backend.recorded) > 0 {
		t.Errorf("done: %v", got)
	}
}

// A form with wrong values is shown again, and nothing is done.
func TestWrongValues(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	for _, c := range []struct{ verb, field, value string }{
		{"token-make", "days", "0"}, {"token-make", "days", "-1"}, {"token-make", "days", "99999999999999999999"}, {"token-make", "days", "1e3"}, {"token-rotate", "overlap", ""},
		{"guard-release", "hours", "1000"}, {"undo-plan", "since", "yesterday"}, {"waive", "reason", "  "}, {"waive", "reason", strings.Repeat("x", 301)}, {"waive", "reason", "a\x00"},
		{"waive", "reason", "\xff"}, {"undo-plan", "request", strings.Repeat("x", 600)}, {"token-revoke", "id", ""}, {"undo", "plan", ""},
	} {
		form := maps.Clone(values[c.verb])
		form.Set(c.field, c.value)
		got := w.act("ada", c.verb, form)
		if got.Code != 422 || w.backend.done() != nil || len(w.backend.recorded) > 0 {
			t.Errorf("%v: %d %v", c, got.Code, w.backend.done())
		}
		pagetest.Check(t, c.verb+" "+c.field, got.Body.String())
	}
	// An undo of everything: the form can be completed and sent.
	got := w.act("ada", "undo-plan", url.Values{"user": {"bob"}})
	if got.Code != 422 || w.backend.done() != nil || !strings.Contains(got.Body.String(), `value="bob"`) || !strings.Contains(got.Body.String(), "Give a request") {
		t.Errorf("%d %v %s", got.Code, w.backend.done(), got.Body)
	}
	pagetest.Check(t, "an undo of everything", got.Body.String())
	if w.backend.details != 0 {
		t.Errorf("%d tenants were read completely for questions", w.backend.details)
	}
}

// An action that cannot be recorded is not done, and what fails is recorded and said.
func TestFailingActions(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	w.backend.noRecord = errDown
	for _, verb := range console.Actions() {
		if got := w.act("ada", verb, values[verb]); got.Code != 503 || w.backend.done() != nil {
			t.Errorf("%s: %d %v", verb, got.Code, w.backend.done())
		}
	}
	w.backend.noRecord = nil
	for verb, looks := range console.Verbs() {
		w.backend.err, w.backend.outcomes = errDown, nil
		got := w.act("ada", verb, values[verb])
		if got.Code != 500 || !strings.Contains(got.Body.String(), "This failed: the store does not answer") || !looks && (len(w.backend.outcomes) != 1 || w.backend.outcomes[0] == nil) {
			t.Errorf("%s: %d %v", verb, got.Code, w.backend.outcomes)
		}
		if strings.Contains(got.Body.String(), "secret") || strings.Contains(got.Body.String(), "/setup/abc") {
			t.Errorf("%s: shows a secret although it failed", verb)
		}
		pagetest.Check(t, verb, got.Body.String())
	}
}

// The status of an action that was not done says whether to try it again helps.
func TestOutcomes(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	for _, c := range []struct {
		err  error
		want int
		says string
	}{
		{console.Refused(errDown), 409, "This was refused: the store"},
		{fmt.Errorf("it: %w", console.Refused(errDown)), 409, "This was refused: it"},
		{drift.ErrHeld, 409, "refused"},
		{undo.ErrOther, 409, "refused"},
		{scim.Fail(404, "", "no user"), 409, "refused"},
		{scim.Fail(503, "", "Keycloak is down"), 503, "This failed"},
		{context.DeadlineExceeded, 503, "This failed"},
		{console.Refused(nil), 200, "staged"},
	} {
		w.backend.err = c.err
		if got := w.act("ada", "stage", nil); got.Code != c.want || !strings.Contains(got.Body.String(), c.says) {
			t.Errorf("%v: %d", c.err, got.Code)
		}
	}
}

// The plan of an undo leads to the undo of this plan.
func TestPreview(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	plan := w.act("ada", "undo-plan", values["undo-plan"]).Body.String()
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(plan[strings.Index(plan, `action="`+path("undo")+`"`):], -1) {
		form.Set(m[1], m[2])
	}
	got := w.send("ada", http.MethodPost, path("undo"), form)
	if done := w.backend.done(); got.Code != 200 || len(done) != 2 || done[1] != "undo [acme] ada r1 0001-01-01 p1" || !strings.Contains(got.Body.String(), "q1") {
		t.Errorf("%d %q %v", got.Code, done, form)
	}
	if look := w.act("ada", "drift-look", url.Values{}).Body.String(); token(look, "drift-reapply") == "" || !strings.Contains(look, "Only 200 of 220 rows") {
		t.Error("drift leads to a reapply")
	}
}

// A secret is shown once.
func TestSecrets(t *testing.T) {
	w := newWorld(t, page.LiveOptions{})
	for verb, secret := range map[string]string{"token-make": "kscim_acme_i3_secret", "token-rotate": "kscim_acme_i3_secret", "invite": "https://scim.example.com/setup/abc"} {
		form := maps.Clone(values[verb])
		form.Set(page.TokenField, w.fresh("ada", verb))
		first, second := w.send("ada", http.MethodPost, path(verb), form), w.send("ada", http.MethodPost, path(verb), form)
		if !strings.Contains(first.Body.String(), secret) || strings.Contains(second.Body.String(), secret) || first.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %d", verb, first.Code, second.Code)
		}
	}
	for _, a := range w.backend.recorded {
		if strings.Contains(a.About, "secret") {
			t.Errorf("%+v", a)
		}
	}
}
