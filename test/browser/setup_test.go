package browser

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/console/setup"
	"keycloak-scim-proxy/proxy/checklist"
	"keycloak-scim-proxy/proxy/invite"
	"keycloak-scim-proxy/proxy/store/storetest"
)

// customers has the set-up pages of a proxy, whose checklists are a field.
type customers struct {
	url     string
	invites *invite.Invites

	mu       sync.Mutex
	ahead    time.Duration
	progress setup.Progress
	wrong    error
	made     int // tokens
}

func (c *customers) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// change changes the state.
func (c *customers) change(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

func newCustomers(t *testing.T) *customers {
	t.Helper()
	c := &customers{}
	c.invites = invite.New(invite.Options{Space: storetest.NewMemory().Open(invite.SpaceName), Now: c.now})
	s := httptest.NewUnstartedServer(nil)
	c.url = "http://" + s.Listener.Addr().String()
	pages, err := setup.New(setup.Options{
		Invites: c.invites, PublicURL: c.url, Now: c.now, Address: func(r *http.Request) string { return r.RemoteAddr },
		Tenant: func(at invite.Place) (setup.Tenant, bool) {
			return setup.Tenant{Name: at.Tenant, IDP: "entra", BaseURL: c.url + "/tenants/" + at.Tenant + "/scim/v2"}, true
		},
		Watch: func(invite.Invitation) setup.Watch {
			return func(context.Context) (setup.Progress, error) {
				c.mu.Lock()
				defer c.mu.Unlock()
				return c.progress, c.wrong
			}
		},
		NewToken: func(_ context.Context, tenant, _ string) (string, setup.Token, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.made++
			return fmt.Sprintf("kscim_%s_%d_%s", tenant, c.made, strings.Repeat("SECRET", 8)), setup.Token{}, nil
		},
		Token: func(context.Context, string, string) (setup.Token, bool) {
			c.mu.Lock()
			defer c.mu.Unlock()
			return setup.Token{ID: "i1", Made: time.Now()}, c.made > 0
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = pages.Handler()
	s.Start()
	t.Cleanup(s.Close)
	t.Cleanup(pages.Close) // open streams would keep the server
	return c
}

// invited returns the URL of a new link.
func (c *customers) invited(t *testing.T, tenant string) string {
	t.Helper()
	link, _, err := c.invites.Make(t.Context(), invite.Place{Tenant: tenant, Realm: "r"}, "op", time.Hour, true, func(invite.Invitation) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return c.url + "/setup/" + link
}

func (c *customers) show(state checklist.State, text string) {
	c.change(func() {
		c.progress.Lines = []checklist.Line{
			{ID: "connect", Title: "The provider connects", State: checklist.Green, At: time.Now(), Request: "r1"},
			{ID: "create", Title: "A user is created", State: state, At: time.Now(), Request: text, Reason: text, Change: text},
		}
	})
}

// A customer comes by a link in a mail, that is from another site, makes a token that is shown
// once, and sees the checklist change while the page is open.
func TestCustomerSetsUpAlone(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	link := c.invited(t, "acme")
	mail := serve(t, plain(`<a href="`+link+`">Set up</a>`), "", "")
	b := New(t, Desktop)
	b.Open(strings.Replace(mail, "127.0.0.1", "localhost", 1))
	b.Submit("a")
	b.WaitFor("h1", "Set up provisioning")
	b.Inspect("setup-landing")
	b.Submit("main button")
	b.WaitLocation(c.url + "/setup/")
	b.WaitFor("#progress", "at most 25 users")
	b.Inspect("setup-home")
	b.Submit("main form button")
	if got := b.Text("main"); !strings.Contains(got, "SECRETSECRET") {
		t.Errorf("no token: %s", got)
	}
	b.Inspect("setup-token")
	b.Reload() // sends the form again
	if got := b.Text("main"); strings.Contains(got, "SECRETSECRET") || c.tokens() != 1 {
		t.Errorf("the token is shown twice, or %d were made: %s", c.tokens(), got)
	}
	b.Open(c.url + "/setup/")
	for _, text := range hostile[:4] {
		c.show(checklist.Red, text)
		b.WaitFor("#progress", strings.TrimSpace(text[:12]))
	}
	b.Inspect("setup-red")
	c.show(checklist.Green, "")
	b.WaitFor("#progress li:nth-of-type(2)", "done")
	c.change(func() { c.progress.Finished = true })
	b.WaitFor("#progress", "All is done")
	c.change(func() { c.progress.Live = true })
	b.WaitFor("#progress", "The tenant is live")
	b.Inspect("setup-live")
	if cookies := b.Cookies(); len(cookies) == 0 {
		t.Error("no cookie")
	} else {
		for _, one := range cookies {
			if !one.HTTPOnly || one.SameSite != "Strict" || one.Path != "/setup" {
				t.Errorf("cookie %+v", one)
			}
		}
	}
}

// A link works once: neither another browser nor the same one can use it again.
func TestLinkIsNotUsedTwice(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	link := c.invited(t, "acme")
	first, second := New(t, Desktop), New(t, Phone)
	second.Open(link)
	second.WaitFor("main", "acme")
	first.Open(link)
	first.Submit("main button")
	first.WaitFor("#values", "Values")
	if got := second.Submit("main button"); got != http.StatusGone {
		t.Errorf("the second use: %d", got)
	}
	second.Inspect("setup-used")
	if got := second.Open(link); got != http.StatusGone {
		t.Errorf("the landing page of a used link: %d", got)
	}
	if got := second.Open(c.url + "/setup/"); got < 400 {
		t.Errorf("a browser without a session: %d", got)
	}
	second.Inspect("setup-no-session")
}

// A link and its session end with the invitation: by its time, and by a revocation.
func TestLinksEnd(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	b := New(t, Desktop)
	b.Open(c.invited(t, "acme"))
	b.Submit("main button")
	b.WaitFor("#values", "Values")
	if _, err := c.invites.Revoke(t.Context(), invite.Place{Tenant: "acme", Realm: "r"}, "op"); err != nil {
		t.Fatal(err)
	}
	if got := b.Submit("main form button"); got < 400 || c.tokens() != 0 {
		t.Errorf("a token after the revocation: %d", got)
	}
	b.Inspect("setup-revoked")
	late := New(t, Phone)
	link := c.invited(t, "beta")
	late.Open(link)
	c.change(func() { c.ahead = 2 * time.Hour })
	if got := late.Submit("main button"); got < 400 {
		t.Errorf("an expired link: %d", got)
	}
	late.Inspect("setup-expired")
	if got := late.Open(link[:len(link)-4] + "AAAA"); got < 400 {
		t.Errorf("a forged link: %d", got)
	}
	late.Inspect("setup-forged")
}

// The link of another tenant begins another session, which shows nothing of the first.
func TestLinkOfAnotherTenant(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	b := New(t, Desktop)
	b.Open(c.invited(t, "acme"))
	b.Submit("main button")
	b.WaitFor("main", "/tenants/acme/scim/v2")
	beside := b.Beside()
	beside.Open(c.invited(t, "beta"))
	beside.Submit("main button")
	beside.WaitFor("main", "/tenants/beta/scim/v2")
	// The form of acme that is still open does not make a token of beta.
	b.Submit("main form button")
	if got := b.Text("main"); strings.Contains(got, "SECRET") || c.tokens() != 0 {
		t.Errorf("a form of one tenant made %d tokens: %s", c.tokens(), got)
	}
	b.Inspect("setup-other-tenant")
}

func TestSetupWhileTheChecklistIsDown(t *testing.T) {
	t.Parallel()
	c := newCustomers(t)
	c.change(func() { c.wrong = errors.New("secret: store.internal") })
	b := New(t, Phone)
	b.Open(c.invited(t, "acme"))
	b.Submit("main button")
	b.WaitFor("#progress", "cannot be")
	if strings.Contains(b.Text("body"), "store.internal") {
		t.Error("the page shows an internal error")
	}
	b.Inspect("setup-down")
}

// tokens returns how many tokens were made.
func (c *customers) tokens() (n int) {
	c.change(func() { n = c.made })
	return n
}
