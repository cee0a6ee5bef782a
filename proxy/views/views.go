package views

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/proxy/canary"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/golive"
	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/operate"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/views/counting"
)

// Tenant is a tenant with the parts that its views are made from.
type Tenant struct {
	Config  config.Tenant
	URL     string       // SCIM base URL for its provider
	Journal *journal.Log // nil: nothing is recorded
	Gate    *golive.Gate
	// Window is that of its guard; GuardOff means that it has none.
	Window   time.Duration
	GuardOff bool
	// Native returns what Keycloak's own SCIM API shows of a resource.
	Native func(ctx context.Context, ref scim.Ref) (status int, body []byte, err error)
	// Capabilities are what its callers are offered.
	Capabilities func(ctx context.Context) (directory.Capabilities, error)
}

// TenantOf completes a tenant by its gate and account. guard is that of the main configuration.
func TenantOf(gate *golive.Gate, account *keycloak.Account, t Tenant, guard config.Guard) Tenant {
	t.Config, t.Gate = gate.Configured(), gate
	if own := t.Config.Guard; own != nil {
		guard = *own
	}
	t.Window, t.GuardOff = guard.Window.Std(), guard.Off
	t.Native = func(ctx context.Context, ref scim.Ref) (int, []byte, error) {
		return account.Ask(ctx, http.MethodGet, fmt.Sprintf("/realms/%s/scim/v2/%ss/%s", url.PathEscape(t.Config.Realm), ref.Type, url.PathEscape(ref.ID)), "")
	}
	return t
}

// Options are the parts of a proxy.
type Options struct {
	Operate operate.Tenants
	// All returns the tenants in the order of their names, Of one of them.
	All func() []Tenant
	Of  func(name string) (Tenant, bool)
	// Health is that of all tenants.
	Health func() []health.Status
	// Uses returns when keys of a tenant were last used.
	Uses func(ctx context.Context, tenant string, ids []string) map[string]time.Time
	// Walked returns what the last scheduled walk for drift has found, and when it ended.
	Walked func(tenant string) (drifted int, at time.Time)
	Canary canary.Handler
	// Program is what does not change; Store and Notes are as of now.
	Program console.System
	Store   func(ctx context.Context) console.Store
	Notes   func(ctx context.Context) []string
	// Did is called for each action of an operator, for the log.
	Did func(a console.Act, err error)
	Now func() time.Time
}

// Views is the Backend of a console. It is safe for concurrent use.
type Views struct {
	Options
	counts *counting.Counts
	hours  hours
}

var _ console.Backend = (*Views)(nil)

// New makes a Views.
func New(o Options) *Views {
	return &Views{Options: o, counts: counting.New(o.Operate.Place, o.Now), hours: newHours(o.Now)}
}

// tenant returns a tenant.
func (v *Views) tenant(name string) (Tenant, error) {
	t, known := v.Of(name)
	if !known {
		return t, fmt.Errorf("the tenant %s: %w", name, console.ErrUnknown)
	}
	return t, nil
}

var errNoJournal = fmt.Errorf("nothing is recorded: journal.days is 0 in the configuration")

// journaled returns a tenant that has a journal.
func (v *Views) journaled(name string) (Tenant, error) {
	t, err := v.tenant(name)
	if err == nil && t.Journal == nil {
		err = console.Refused(errNoJournal)
	}
	return t, err
}

// Tenants returns tenants in the order of their names.
func (v *Views) Tenants(ctx context.Context, after string, n int) (rows []console.Summary, all int, err error) {
	tenants := v.All()
	all = len(tenants)
	tenants = slices.DeleteFunc(slices.Clone(tenants), func(t Tenant) bool { return t.Config.Tenant <= after })
	tenants = tenants[:min(n, len(tenants))]
	names := make([]string, len(tenants))
	for i, t := range tenants {
		names[i] = t.Config.Tenant
	}
	guards, wrong := budget.Brief(ctx, v.Operate.Guards, names, v.Now())
	states := v.health()
	for _, t := range tenants {
		s := v.summary(ctx, t, states)
		g, held := guards[t.Config.Tenant]
		switch {
		case s.Guard == guardOff:
		case wrong != nil:
			s.Guard = guardUnknown
		case held:
			s.Guard = g.State
		}
		rows = append(rows, s)
	}
	v.charts(ctx, tenants, rows)
	return rows, all, nil
}

func (v *Views) health() map[string]health.Status {
	all := map[string]health.Status{}
	for _, s := range v.Health() {
		all[s.Name] = s
	}
	return all
}

// Guard returns the state of a guard.
func (v *Views) Guard(ctx context.Context, tenant string) (budget.State, error) {
	t, err := v.tenant(tenant)
	if err != nil {
		return budget.State{}, err
	}
	return v.guard(t).Status(ctx)
}

func (v *Views) guard(t Tenant) budget.Operate {
	return budget.Operate{Space: v.Operate.Guards, Tenant: t.Config.Tenant, Window: t.Window, Now: v.Now}
}

// place is a tenant for an operator.
func (v *Views) place(ctx context.Context, tenant string, by console.Operator) (operating.Place, error) {
	return v.Operate.Place(ctx, tenant, by.Name)
}
