package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/console/signin"
	"keycloak-scim-proxy/proxy/canary"
	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/undo"
)

// backend has a tenant acme.
type backend struct {
	said string // every text; "" for usual texts

	mu       sync.Mutex
	err      error    // of each read and action
	fault    bool     // Tokens panics
	oauth    bool     // the provider has access tokens, and nothing is recorded or known
	details  int      // calls of Tenant
	noRecord error    // of Record
	acts     []string // that were done
	recorded []console.Act
	outcomes []error
	follows  int
	changed  func() // of the last Follow
	newest   int
}

func (b *backend) did(what string, a ...any) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.acts = append(b.acts, what+" "+strings.TrimSpace(fmt.Sprintln(a...)))
	return b.err
}

func (b *backend) failing() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// fill sets all texts below a value to the one that is chosen.
func fill[T any](b *backend, v T) T {
	if b.said != "" {
		filled(reflect.ValueOf(&v).Elem(), b.said)
	}
	return v
}

func filled(v reflect.Value, said string) {
	switch kind := v.Kind(); {
	case kind == reflect.String:
		v.SetString(said)
	case v.Type() == reflect.TypeFor[time.Time]():
	case kind == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				filled(v.Field(i), said)
			}
		}
	case kind == reflect.Slice:
		for i := range v.Len() {
			filled(v.Index(i), said)
		}
	case kind == reflect.Pointer && !v.IsNil():
		filled(v.Elem(), said)
	}
}

var day = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func hours() (all []console.Hour) {
	for i := range 24 {
		all = append(all, console.Hour{Begin: day.Add(time.Duration(i) * time.Hour), Done: i, Refused: i % 3, Failed: i % 2})
	}
	return all
}

func summaryOf(name string) console.Summary {
	return console.Summary{
		Name: name, Realm: "r", Group: "g", IDP: "entra", State: "staged", Synced: day, Users: 1234, Groups: -1, Expires: day, Guard: "holding",
		Drift: 2, Walked: day, Health: console.Bad, Why: "the account lacks a role", Recent: hours(),
	}
}

func (b *backend) Tenants(_ context.Context, after string, n int) ([]console.Summary, int, error) {
	var rows []console.Summary
	for i := range 60 {
		if name := fmt.Sprintf("t%02d", i); name > after && len(rows) < n {
			rows = append(rows, fill(b, summaryOf(name)))
		}
	}
	return rows, 60, b.failing()
}

func (*backend) Exists(_ context.Context, name string) (bool, error) { return name == "acme", nil }

func (b *backend) Tenant(_ context.Context, name string) (console.Detail, error) {
	b.mu.Lock()
	b.details++
	b.mu.Unlock()
	if b.oauth && name == "acme" {
		return console.Detail{Summary: console.Summary{Name: name, NoToken: true, OAuth: true}}, nil
	}
	if name != "acme" {
		return console.Detail{}, fmt.Errorf("tenant %s: %w", name, console.ErrUnknown)
	}
	return fill(b, console.Detail{
		Summary: summaryOf(name), URL: "https://scim.example.com/tenants/acme/scim/v2", Verified: day, Journal: true,
		Attributes: []console.Attribute{{Path: "title", Lives: "store"}, {Path: "name.middleName", Wrong: "it moved"}}, Faults: []string{"a fault"},
	}), b.failing()
}

func (b *backend) activity() (all []console.Activity) {
	b.mu.Lock()
	newest := b.newest
	b.mu.Unlock()
	for i := range 20 {
		e := journal.Entry{
			ID: fmt.Sprintf("e%d", 1000+newest-i), Begun: day, Who: journal.Who{Tenant: "acme", Key: "k1", Operator: "ada"}, Request: "r1", Address: "203.0.113.7",
			IDP: "entra", Verb: "patch", Type: scim.User, Target: "u1", Name: "bob", State: journal.Done,
		}
		if i == 3 {
			e.State, e.Status, e.Target = journal.Refused, 409, ""
		}
		all = append(all, fill(b, console.Activity{Entry: e, Sentences: []string{"It changed the user \"bob\" (u1).", "title: set to \"x\"."}}))
	}
	for i := range all { // the ids of entries are the proxy's own
		all[i].ID = fmt.Sprintf("e%d", 1000+newest-i)
	}
	return all
}

func (b *backend) Activity(context.Context, string, string, int) ([]console.Activity, error) {
	return b.activity(), b.failing()
}

func (b *backend) Follow(ctx context.Context, _ string, changed func()) error {
	b.mu.Lock()
	b.follows++
	b.changed = changed
	b.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

func (b *backend) Hours(context.Context, string) ([]console.Hour, error) {
	return hours(), b.failing()
}

func (b *backend) Tokens(context.Context, string) ([]console.Token, error) {
	if b.fault {
		panic("broken")
	}
	return fill(b, []console.Token{{ID: "k1", InFile: true, Expires: day}, {ID: "i1", Made: day, By: "ada"}, {ID: "i2", Made: day, Revoked: day}}), b.failing()
}

func (b *backend) Guard(context.Context, string) (budget.State, error) {
	s := budget.State{Tenant: "acme", State: budget.Released, Since: day, Until: day, By: "ada", At: day, Counted: 3, HeldUsers: 2, HeldGroups: []budget.HeldGroup{{Name: "staff", Members: 9}}, More: true}
	return fill(b, s), b.failing()
}

func (b *backend) Setup(context.Context, string) (console.Setup, error) {
	s := console.Setup{Made: day, Expires: day, By: "ada", Open: true, Lines: []console.Line{
		{ID: "connect", Text: "The provider connects", State: "green", At: day, Request: "r1"}, {ID: "update", Text: "A user is changed", State: "red", At: day, Reason: "no title", Advice: "map it"},
	}}
	return fill(b, s), b.failing()
}

func (b *backend) Resource(_ context.Context, _ string, of scim.ResourceType, who string, _ int) (console.Resource, error) {
	if who == "none" {
		return console.Resource{}, console.ErrUnknown
	}
	r := console.Resource{
		Type: of, ID: who, Name: "bob", Rows: []console.Row{{Attribute: "title", Sent: `"x"`, Keycloak: "", Kept: `"x"`}}, Gone: true,
		Links: []console.Reference{{Type: scim.Group, ID: "g1", Name: "staff"}, {Type: scim.Group, ID: "g2"}}, More: true,
	}
	r = fill(b, r)
	r.History = b.activity()
	return r, b.failing()
}

func (b *backend) System(context.Context) (console.System, error) {
	return fill(b, console.System{
		Version: "v1", Go: "go1.26", Started: day, Replica: "host", Store: console.Store{Kind: "redis", Health: console.Good, Facts: []console.Fact{{Name: "schema", Value: "2"}}},
		Realms: []console.Realm{{Name: "r", Health: console.Warning, Tenants: 2, Capabilities: []console.Fact{{Name: "PATCH", Value: "yes"}}}}, Notes: []string{"a note"},
	}), b.failing()
}

func (b *backend) Record(_ context.Context, a console.Act) (func(context.Context, error), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.noRecord != nil {
		return nil, b.noRecord
	}
	b.recorded = append(b.recorded, a)
	return func(_ context.Context, err error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.outcomes = append(b.outcomes, err)
	}, nil
}

func (b *backend) MakeToken(_ context.Context, tenant string, by console.Operator, expires time.Time) (string, console.Token, error) {
	return "kscim_acme_i3_secret", fill(b, console.Token{ID: "i3", Expires: expires}), b.did("token-make", tenant, by.Name, expires.Format(time.DateOnly))
}

func (b *backend) RotateToken(_ context.Context, tenant string, by console.Operator, expires time.Time, overlap time.Duration) (string, console.Token, error) {
	return "kscim_acme_i3_secret", fill(b, console.Token{ID: "i3", Expires: expires}), b.did("token-rotate", tenant, by.Name, overlap)
}

func (b *backend) RevokeToken(_ context.Context, tenant, id string, by console.Operator) error {
	return b.did("token-revoke", tenant, by.Name, id)
}

func (b *backend) Verify(_ context.Context, tenant string, by console.Operator) (canary.Report, error) {
	r := canary.Report{Tenant: tenant, Green: true, Steps: []canary.Step{{Name: "create", Means: "it works"}, {Name: "update", Wrong: "lost"}}, Attributes: []canary.Row{{Attribute: "title", Required: true, Survived: true, Lives: "store"}, {Attribute: "x", Wrong: "lost"}}}
	return fill(b, r), b.did("verify", tenant, by.Name)
}

func (b *backend) Stage(_ context.Context, tenant string, by console.Operator) error {
	return b.did("stage", tenant, by.Name)
}

func (b *backend) Live(_ context.Context, tenant string, by console.Operator) error {
	return b.did("live", tenant, by.Name)
}

func (b *backend) ReleaseGuard(_ context.Context, tenant string, by console.Operator, span time.Duration) error {
	return b.did("guard-release", tenant, by.Name, span)
}

func (b *backend) CloseGuard(_ context.Context, tenant string, by console.Operator) error {
	return b.did("guard-close", tenant, by.Name)
}

func (b *backend) Drift(_ context.Context, j drift.Job) (drift.Outcome, error) {
	o := drift.Outcome{Tenant: j.Tenant, Plan: "d1", Report: drift.Report{Users: 5, Capped: true, Undecided: 1}}
	for range 110 {
		o.Rows = append(o.Rows, drift.Row{Kind: drift.Changed, Type: scim.User, ID: "u1", Name: "bob", Attribute: "title", Intended: `"x"`, Shown: `"y"`}, drift.Row{Kind: drift.Left, Type: scim.Group, ID: "g1", User: "u1"})
	}
	verb := "drift-look"
	if j.Reapply != "" {
		verb = "drift-reapply"
		o.Request, o.Reapplied = "q1", []drift.Reapplied{{Row: o.Rows[0], Done: true}, {Row: o.Rows[1], Reason: "gone"}}
	}
	return fill(b, o), b.did(verb, j.Tenant, j.Operator, j.Reapply)
}

func (b *backend) Undo(_ context.Context, j undo.Job) (undo.Outcome, error) {
	o := undo.Outcome{Tenant: "acme", DryRun: j.Execute == "", Entries: 1, Plan: "p1", Rows: []undo.Row{{Action: undo.Change, Type: scim.User, ID: "u1", Attribute: "title", Now: `"x"`, Then: `"y"`}, {Action: undo.Leave, Type: scim.User, ID: "u1", Reason: "changed since"}}}
	verb := "undo-plan"
	if j.Execute != "" {
		verb = "undo"
		o.Request, o.Result = "q1", &undo.Result{Done: o.Rows[:1], Left: o.Rows[1:]}
	}
	return fill(b, o), b.did(verb, j.Tenants, j.Operator, j.Request, j.Since.Format(time.DateOnly), j.Execute)
}

func (b *backend) Invite(_ context.Context, tenant string, by console.Operator, span time.Duration) (console.Setup, error) {
	return console.Setup{Link: "https://scim.example.com/setup/abc"}, b.did("invite", tenant, by.Name, span)
}

func (b *backend) RevokeInvite(_ context.Context, tenant string, by console.Operator) error {
	return b.did("invite-revoke", tenant, by.Name)
}

func (b *backend) Waive(_ context.Context, tenant, line, reason string, by console.Operator) error {
	return b.did("waive", tenant, by.Name, line, reason)
}

// gate knows the sessions ada and eve by the cookie who.
type gate struct {
	mu     sync.Mutex
	down   error
	active []bool
	used   []string
}

func (g *gate) Session(_ http.ResponseWriter, r *http.Request, active bool) (signin.Session, error) {
	c, err := r.Cookie("who")
	if err != nil || c.Value != "ada" && c.Value != "eve" {
		return signin.Session{}, signin.ErrNone
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active = append(g.active, active)
	return signin.Session{Name: c.Value, Subject: "s", Key: c.Value, Secret: []byte(strings.Repeat(c.Value, 10))}, g.down
}

func (g *gate) Use(_ context.Context, s signin.Session, id string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if slices.Contains(g.used, s.Key+id) {
		return signin.ErrUsed
	}
	g.used = append(g.used, s.Key+id)
	return nil
}

func (*gate) Routes() map[string]http.Handler { return nil }
func (*gate) Start(back string) string        { return "/console/signin?back=" + url.QueryEscape(back) }
func (*gate) Out() string                     { return "/console/signout" }

// world is a console over the fakes.
type world struct {
	t       *testing.T
	backend *backend
	gate    *gate
	console *console.Console
	handler http.Handler

	mu sync.Mutex
	at time.Time
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func newWorld(t *testing.T, live page.LiveOptions) *world {
	t.Helper()
	w := &world{t: t, backend: &backend{}, gate: &gate{}, at: day}
	var err error
	w.console, err = console.New(console.Options{Backend: w.backend, Gate: w.gate, URL: "https://console.example.com", Now: w.now, Live: live})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.console.Close)
	w.handler = w.console.Handler()
	return w
}

func (w *world) send(who, method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "who", Value: who})
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec
}

func (w *world) get(path string) *httptest.ResponseRecorder {
	return w.send("ada", http.MethodGet, path, nil)
}

func (b *backend) done() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.acts)
}

var errDown = errors.New("the store does not answer")
