package browser

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/invite"
	"keycloak-scim-proxy/test/proxytest"
)

// shortLink makes a link by the command, for the shortest time that is possible, and returns when
// it ends at the latest.
func (i *installation) shortLink(t testing.TB, tenant string) (link string, end time.Time) {
	t.Helper()
	out, code := proxytest.Run(t, program(t), "tenant", "invite", tenant, "--for", invite.Shortest.String(), "--config", i.config())
	for line := range strings.Lines(out) {
		if code == 0 && strings.HasPrefix(line, i.public+"/setup/") {
			return strings.TrimSpace(line), time.Now().Add(invite.Shortest)
		}
	}
	t.Fatalf("tenant invite: %d %s", code, out)
	return "", end
}

// A link of the whole program works in the browser that used it first, for its tenant, until it
// ends.
func TestLinksOfTheProgram(t *testing.T) {
	t.Parallel()
	shared := requires + "\nsharedRealm: true\nidp: entra"
	i := install(t, plan{tenants: map[string]string{"acme": shared, "beta": shared, "gamma": shared}})
	i.start()
	short, end := i.shortLink(t, "gamma")
	late := New(t, Desktop)
	lateToken := begin(t, late, short)
	unused := New(t, Phone)

	// A link that was forwarded: both have its page open.
	operator, first, second := i.operator(t, ""), New(t, Desktop), New(t, Phone)
	link := i.invited(t, operator, "acme")
	second.Open(link)
	token := begin(t, first, link)
	if got := second.Submit("main button"); got != http.StatusGone {
		t.Errorf("the second use: %d %s", got, second.Text("main"))
	}
	second.WaitFor("main", "was opened already")
	for _, path := range []string{link, i.public + "/setup/", link[:len(link)-4] + "AAAA"} {
		if got := second.Open(path); got < 400 {
			t.Errorf("%s: %d", path, got)
		}
	}
	create := func(tenant, token, name string, want int) {
		t.Helper()
		if a := i.scim(t, http.MethodPost, tenant, token, "/Users", person(name, "A name")); a.Status != want {
			t.Errorf("%s: %d %s, want %d", name, a.Status, a.Body, want)
		}
	}
	create("acme", token, "first@example.com", http.StatusCreated)
	create("beta", token, "other@example.com", http.StatusUnauthorized)

	// The link of another tenant in the same browser begins another session.
	beside := first.Beside()
	beside.Open(i.invited(t, operator, "beta"))
	beside.Submit("main button")
	beside.WaitFor("main", "/tenants/beta/scim/v2")
	first.Submit("main form button") // of acme
	if got := first.Text("#new-token"); got != "" {
		t.Errorf("a form of acme made a token: %s", first.Text("main"))
	}
	operator.Open(i.console + "/tenants/beta")
	if got := operator.Text(`section, main`); strings.Contains(got, "by set-up link") {
		t.Errorf("beta has a token: %s", got)
	}

	// The operator revokes beta's link while its page is open.
	operator.Submit(`a[href$="/do/invite-revoke"]`)
	if got := operator.Submit("main form button"); got != http.StatusOK {
		t.Errorf("revoke: %d", got)
	}
	if got := beside.Submit("main form button"); got != http.StatusGone {
		t.Errorf("a token after the revocation: %d", got)
	}
	if got := beside.Open(i.public + "/setup/"); got != http.StatusGone {
		t.Errorf("a revoked session: %d", got)
	}

	if got := first.Open(i.public + "/setup/"); got != http.StatusGone {
		t.Errorf("a revoked session: %d", got)
	}
	for _, b := range []*Tab{first, beside} { // the streams of the sessions have ended
		for _, c := range b.Complaints() {
			if !strings.HasSuffix(c, "410 (Gone) "+i.public+"/setup/live") {
				t.Errorf("the page must not cause this: %s", c)
			}
		}
	}

	// Gamma's link has ended by its time, and with it the session and the trial.
	create("gamma", lateToken, "in-time@example.com", http.StatusCreated)
	select {
	case <-time.After(time.Until(end)):
	case <-t.Context().Done():
	}
	if got := late.Submit("main form button"); got != http.StatusGone && got != http.StatusForbidden { // its cookie ends too
		t.Errorf("a token after the end: %d", got)
	}
	if got := unused.Open(short); got != http.StatusGone {
		t.Errorf("a link after its end: %d", got)
	}
	create("gamma", lateToken, "too-late@example.com", http.StatusTooManyRequests)
}
