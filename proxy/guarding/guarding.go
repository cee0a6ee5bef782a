package guarding

import (
	"context"
	"os"
	"strings"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/notices"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/webhook"
)

// Options are what Guards need.
type Options struct {
	Engine store.Engine
	// Default is the guard of tenants without one of their own.
	Default  config.Guard
	Operator notices.Operator
	// Tenants are those that are configured now.
	Tenants func() []observe.Tenancy
	Now     func() time.Time
}

// Guards are those of all tenants.
type Guards struct {
	Options

	space   store.Space
	turns   *budget.Turns
	sender  *webhook.Notifier
	metrics *metrics
	known   map[string]budget.State // of the last pass; only Run uses it
}

// New returns the guards. It does not access the store.
func New(o Options) *Guards {
	return &Guards{
		Options: o, space: o.Engine.Open(budget.SpaceName), turns: budget.NewTurns(),
		sender: webhook.NewNotifier(nil, o.Now, o.Operator.EventLost), metrics: newMetrics(o.Operator.Metrics.Labels),
	}
}

// Guard is that of one tenant. The nil Guard holds nothing.
type Guard struct{ *budget.Guard }

// Of returns the guard of a tenant, or of the drop-in callers of a realm. own is that of the
// tenant's file, nil if it has none. A guard without a window, which no file can have, is off.
func (g *Guards) Of(tenant, realm string, own *config.Guard) *Guard {
	c := g.Default
	if own != nil {
		c = *own
		if c.Webhook == nil {
			c.Webhook = g.Default.Webhook
		}
	}
	if c.Off || c.Window == 0 {
		return nil
	}
	return &Guard{budget.New(budget.Options{
		Space: g.space, Tenant: tenant, Window: c.Window.Std(), Users: budget.Limit(c.Users), Members: budget.Limit(c.Members),
		Urgent: func(name string) bool { return urgent(c, name) }, Now: g.Now, Turns: g.turns,
		Tripped: func(e budget.Event) {
			g.Operator.Tripped(realm, e)
			if c.Webhook != nil {
				g.sender.Send(config.Webhook{URL: c.Webhook.URL, SecretFile: c.Webhook.SecretFile}, eventOf(realm, e))
			}
		},
		Refused: func(kind string) { g.metrics.count(tenant, realm, kind) },
	})}
}

// Over returns the function that decides about changes of a directory; nil if nothing is held.
func (g *Guard) Over(d directory.Directory) func(ctx context.Context, e journaling.Effect) error {
	if g == nil {
		return nil
	}
	users := func(ctx context.Context) (int, error) {
		page, err := d.List(ctx, directory.Query{Type: scim.User, Start: 1})
		return page.Total, err
	}
	name := func(ctx context.Context, ref scim.Ref) string {
		at := scim.Identifying(ref.Type)
		r, err := d.Get(ctx, ref, directory.Fields{Only: []string{at.Key()}})
		if err != nil {
			return ""
		}
		return document.Text(r.Get(at))
	}
	return g.Allow(budget.Sight{Users: users, Name: name})
}

// mostUrgent bounds the file with urgent names, in bytes.
const mostUrgent = 1 << 20

// urgent reports whether a user is one of the urgent ones. A file that cannot be read names none.
func urgent(c config.Guard, userName string) bool {
	name := plain(userName)
	for _, one := range c.Urgent {
		if plain(one) == name {
			return true
		}
	}
	if c.UrgentFile == "" {
		return false
	}
	info, err := os.Stat(c.UrgentFile)
	if err != nil || info.Size() > mostUrgent {
		return false
	}
	text, err := os.ReadFile(c.UrgentFile)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		if before, _, _ := strings.Cut(line, "#"); plain(before) == name && name != "" {
			return true
		}
	}
	return false
}

// plain is a userName as it is compared.
func plain(name string) string { return document.Lower(document.Trim(name)) }

// event is what a webhook gets. docs/guard.md documents it.
type event struct {
	Event     string    `json:"event"`
	Tenant    string    `json:"tenant"`
	Realm     string    `json:"realm"`
	Time      time.Time `json:"time"`
	Kind      string    `json:"kind"`
	Group     string    `json:"group,omitempty"`
	Counted   int       `json:"counted"`
	Requested int       `json:"requested"`
	Known     int       `json:"known"`
	Limit     limit     `json:"limit"`
	Window    string    `json:"window"`
	Release   string    `json:"release"`
}

type limit struct {
	Count   int `json:"count"`
	Percent int `json:"percent"`
}

func eventOf(realm string, e budget.Event) event {
	return event{
		Event: "guard.tripped", Tenant: e.Tenant, Realm: realm, Time: e.At, Kind: e.Kind, Group: e.Group, Counted: e.Spent, Requested: e.More, Known: e.All,
		Limit: limit(e.Limit), Window: e.Window.String(), Release: "scim-proxy guard " + e.Tenant + " release --for 2h",
	}
}
