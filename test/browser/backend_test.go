package browser

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/proxy/canary"
	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/undo"
)

// hostile are texts that a provider may send, and that a page must show as they are.
var hostile = []string{
	`<script>alert("script")</script>`,
	`"><img src=x onerror=alert("image")>`,
	`'--></style></title></textarea><svg onload=alert("svg")>`,
	`javascript:alert("url")`,
	"right\u202eto left\u2066", "two\r\nlines\x00\x1b[31m", "{{.}} {{template \"x\"}} ${x}",
	strings.Repeat("a-name-without-an-end", 12), "Åsa 😀 \U000E0041",
}

// backend is a proxy in memory whose texts are hostile. Its state is in a few fields that tests
// change.
type backend struct {
	mu      sync.Mutex
	entries []console.Activity // the newest first
	changed chan struct{}      // closed when there are new entries
	broken  error              // of all reads but the tenants
	acts    []console.Act
	begin   time.Time
}

func newBackend() *backend {
	b := &backend{changed: make(chan struct{}), begin: time.Now().Add(-time.Hour).Truncate(time.Second)}
	for i, text := range hostile {
		b.entries = slices.Insert(b.entries, 0, b.entry(i, text))
	}
	return b
}

func (b *backend) entry(i int, text string) console.Activity {
	states := []journal.State{"done", "refused", "failed", "open"}
	return console.Activity{
		Entry: journal.Entry{
			ID: fmt.Sprintf("e%04d", i), Begun: b.begin.Add(time.Duration(i) * time.Second), Who: journal.Who{Tenant: "acme", Key: "k1", Client: text, Operator: text},
			Request: fmt.Sprintf("r%d", i), Address: "192.0.2.1", Verb: "create", Type: scim.User, Target: text, Name: text, State: states[i%4], Status: 201,
		},
		Sentences: []string{"The user was created: " + text, "The second sentence: " + text},
	}
}

// add adds an entry while pages are open.
func (b *backend) add(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = slices.Insert(b.entries, 0, b.entry(len(b.entries), text))
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *backend) breakReads(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = err
}

func (b *backend) fault() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broken
}

func (b *backend) summary(name string) console.Summary {
	return console.Summary{
		Name: name, Realm: "customers", Group: hostile[0], IDP: "entra", State: "staged", Synced: b.begin, Users: 1234, Groups: -1,
		Expires: b.begin.Add(240 * time.Hour), Guard: "holding", Drift: 3, Walked: b.begin, Health: console.Warning, Why: hostile[1], Recent: b.hours(),
	}
}

func (b *backend) hours() (all []console.Hour) {
	for i := range 24 {
		all = append(all, console.Hour{Begin: b.begin.Add(time.Duration(i-24) * time.Hour), Done: i * 7 % 50, Refused: i % 5, Failed: i % 3})
	}
	return all
}

func (b *backend) Tenants(_ context.Context, _ string, _ int) ([]console.Summary, int, error) {
	live := b.summary("beta")
	live.State, live.Guard, live.Health, live.NoToken, live.Walked = "live", "open", console.Good, true, time.Time{}
	return []console.Summary{b.summary("acme"), live}, 2, nil
}

func (*backend) Exists(_ context.Context, name string) (bool, error) { return name == "acme", nil }

func (b *backend) Tenant(_ context.Context, name string) (console.Detail, error) {
	if name != "acme" {
		return console.Detail{}, console.ErrUnknown
	}
	return console.Detail{
		Summary: b.summary(name), URL: "https://scim.example.com/tenants/acme/scim/v2", Verified: b.begin, Journal: true, Faults: hostile[:2],
		Attributes: []console.Attribute{{Path: "userName", Lives: "Keycloak"}, {Path: "title", Wrong: hostile[1]}},
	}, b.fault()
}

func (b *backend) Activity(_ context.Context, _, before string, n int) ([]console.Activity, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if before != "" {
		return nil, b.broken
	}
	return slices.Clone(b.entries[:min(n, len(b.entries))]), b.broken
}

func (b *backend) Follow(ctx context.Context, _ string, changed func()) error {
	for {
		b.mu.Lock()
		next := b.changed
		b.mu.Unlock()
		changed()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next:
		}
	}
}

func (b *backend) Hours(context.Context, string) ([]console.Hour, error) { return b.hours(), b.fault() }

func (b *backend) Tokens(context.Context, string) ([]console.Token, error) {
	return []console.Token{
		{ID: "k1", InFile: true, Used: b.begin},
		{ID: "k2", Made: b.begin, By: hostile[0], Expires: b.begin.Add(time.Hour)},
		{ID: "k3", Made: b.begin, By: "ada", Revoked: b.begin},
	}, b.fault()
}

func (b *backend) Guard(_ context.Context, tenant string) (budget.State, error) {
	return budget.State{
		Tenant: tenant, State: "released", Since: b.begin, Until: b.begin.Add(time.Hour), By: hostile[0], At: b.begin, Counted: 21, HeldUsers: 4,
		HeldGroups: []budget.HeldGroup{{Name: hostile[1], Members: 3}}, More: true,
	}, b.fault()
}

func (b *backend) Setup(context.Context, string) (console.Setup, error) {
	return console.Setup{
		Made: b.begin, By: "ada", Expires: b.begin.Add(100 * time.Hour), Opened: b.begin, Open: true,
		Lines: []console.Line{
			{ID: "connect", Text: "The provider connects", State: "green", At: b.begin, Request: "r1"},
			{ID: "create", Text: "A user is created", State: "red", At: b.begin, Request: "r2", Reason: hostile[0], Advice: hostile[1]},
			{ID: "group", Text: "A group is created", State: "open"},
			{ID: "update", Text: "A user is changed", State: "waived", Reason: hostile[2]},
		},
	}, b.fault()
}

func (b *backend) Resource(_ context.Context, _ string, of scim.ResourceType, who string, _ int) (console.Resource, error) {
	if who == "unknown" {
		return console.Resource{}, console.ErrUnknown
	}
	r := console.Resource{Type: of, ID: "id-of-it", Name: who, Links: []console.Reference{{Type: scim.Group, ID: "g", Name: hostile[0]}}, More: true}
	for _, text := range hostile {
		r.Rows = append(r.Rows, console.Row{Attribute: "displayName", Sent: fmt.Sprintf("%q", text), Keycloak: text})
	}
	r.History, _ = b.Activity(context.Background(), "acme", "", 5)
	return r, b.fault()
}

func (b *backend) System(context.Context) (console.System, error) {
	return console.System{
		Version: "v1.2.3", Go: "go1.26", Started: b.begin, Replica: "replica-1", Notes: hostile,
		Store:  console.Store{Kind: "embedded", Health: console.Good, Why: "It answers.", Facts: []console.Fact{{Name: "Size", Value: "12 MB"}}},
		Realms: []console.Realm{{Name: hostile[0], Health: console.Bad, Why: hostile[1], Tenants: 2, Capabilities: []console.Fact{{Name: "SCIM", Value: "yes"}}}},
	}, b.fault()
}

func (b *backend) Record(_ context.Context, a console.Act) (func(context.Context, error), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.acts = append(b.acts, a)
	return func(context.Context, error) {}, nil
}

// done returns the verbs of the actions.
func (b *backend) done() (verbs []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.acts {
		verbs = append(verbs, a.Verb)
	}
	return verbs
}

const madeSecret = "scim_acme_0123456789abcdef0123456789abcdef0123456789abcdef"

func (b *backend) MakeToken(_ context.Context, _ string, by console.Operator, expires time.Time) (string, console.Token, error) {
	return madeSecret, console.Token{ID: "k4", Made: b.begin, By: by.Name, Expires: expires}, nil
}

func (b *backend) RotateToken(ctx context.Context, tenant string, by console.Operator, expires time.Time, _ time.Duration) (string, console.Token, error) {
	return b.MakeToken(ctx, tenant, by, expires)
}

func (*backend) RevokeToken(context.Context, string, string, console.Operator) error   { return nil }
func (*backend) RevokeInvite(context.Context, string, console.Operator) error          { return nil }
func (*backend) Waive(context.Context, string, string, string, console.Operator) error { return nil }

func (b *backend) Verify(_ context.Context, tenant string, _ console.Operator) (canary.Report, error) {
	return canary.Report{
		Tenant: tenant, IDP: "entra", Canary: "canary@example.com", At: b.begin,
		Steps:      []canary.Step{{Name: "create", Means: "the user is created"}, {Name: "update", Means: "the user is changed", Wrong: hostile[0]}},
		Attributes: []canary.Row{{Attribute: "title", Required: true, Survived: false, Lives: "store", Wrong: hostile[1]}},
	}, nil
}

func (*backend) Stage(context.Context, string, console.Operator) error { return errors.New(hostile[0]) }
func (*backend) Live(context.Context, string, console.Operator) error  { return nil }

func (*backend) ReleaseGuard(context.Context, string, console.Operator, time.Duration) error {
	return nil
}
func (*backend) CloseGuard(context.Context, string, console.Operator) error { return nil }

func (b *backend) Drift(_ context.Context, j drift.Job) (drift.Outcome, error) {
	row := drift.Row{Kind: "changed", Type: scim.User, ID: "u1", Name: hostile[0], Attribute: "title", Intended: hostile[1], Shown: hostile[7]}
	o := drift.Outcome{Tenant: j.Tenant, Report: drift.Report{Users: 10, Groups: 2, Drifted: 1, Rows: []drift.Row{row}}, Plan: "plan-of-drift"}
	if j.Reapply != "" {
		o.Request, o.Reapplied = "r9", []drift.Reapplied{{Row: row, Reason: hostile[0]}}
	}
	return o, nil
}

func (b *backend) Undo(_ context.Context, j undo.Job) (undo.Outcome, error) {
	row := undo.Row{Action: "update", Type: scim.User, ID: "u1", Name: hostile[0], Attribute: "title", Now: hostile[1], Then: hostile[7]}
	left := undo.Row{Action: "leave", Type: scim.User, ID: "u2", Name: hostile[2], Reason: hostile[0]}
	o := undo.Outcome{Tenant: "acme", DryRun: j.Execute == "", Entries: 1, Requests: []string{"r1"}, Rows: []undo.Row{row, left}, Plan: "plan-of-undo"}
	if j.Execute != "" {
		o.Request, o.Result = "r10", &undo.Result{Done: []undo.Row{row}, Left: []undo.Row{left}}
	}
	return o, nil
}

func (b *backend) Invite(ctx context.Context, tenant string, _ console.Operator, _ time.Duration) (console.Setup, error) {
	s, err := b.Setup(ctx, tenant)
	s.Link = "https://scim.example.com/setup/" + madeSecret
	return s, err
}
