package views

import (
	"context"
	"strings"
	"time"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/policy/budget"
)

// States of a guard besides those of package budget.
const (
	guardOff     = "off"
	guardUnknown = "unknown"
)

// summary is a tenant in a list, without the state of its guard.
func (v *Views) summary(ctx context.Context, t Tenant, states map[string]health.Status) console.Summary {
	c := t.Config
	s := console.Summary{Name: c.Tenant, Realm: c.Realm, Group: c.Group, IDP: c.IDP, State: "staged", Guard: budget.Open}
	if live, _ := t.Gate.Shown(ctx); live {
		s.State = "live"
	}
	if t.GuardOff {
		s.Guard = guardOff
	}
	s.Users, s.Groups = v.counts.Of(c.Tenant) //nolint:contextcheck // a count outlives the page
	s.Drift, s.Walked = v.Walked(c.Tenant)
	s.Health, s.Why = healthOf(states[c.Tenant])
	v.tokens(ctx, t, &s)
	return s
}

// recentTime is how long the list of tenants waits for the hours of all its tenants. The others are
// in a later one, because hours that are over are counted once.
const recentTime = 3 * time.Second

// charts fills in the last hours.
func (v *Views) charts(ctx context.Context, tenants []Tenant, rows []console.Summary) {
	ctx, cancel := context.WithTimeout(ctx, recentTime)
	defer cancel()
	for i, t := range tenants {
		if all, err := v.hours.of(ctx, t); err == nil {
			rows[i].Recent = all
		}
	}
}

// tokens fills in when the tokens of a tenant expire, and when one was last used.
func (v *Views) tokens(ctx context.Context, t Tenant, s *console.Summary) {
	all, err := v.tokensOf(ctx, t)
	s.NoToken = err == nil
	never := false
	for _, k := range all {
		if k.Used.After(s.Synced) {
			s.Synced = k.Used
		}
		if over(k, v.Now()) {
			continue
		}
		s.NoToken = false
		never = never || k.Expires.IsZero()
		if k.Expires.After(s.Expires) {
			s.Expires = k.Expires
		}
	}
	if never {
		s.Expires = time.Time{}
	}
	s.OAuth = t.Config.OAuth != nil
}

// over reports whether a token is not accepted any more.
func over(k console.Token, now time.Time) bool {
	if !k.InFile && !k.Revoked.IsZero() { // at once, whatever the clock of that process said
		return true
	}
	return !k.Revoked.IsZero() && !now.Before(k.Revoked) || !k.Expires.IsZero() && !now.Before(k.Expires)
}

// tokensOf returns the tokens of the tenant's file and those that were made at run time.
func (v *Views) tokensOf(ctx context.Context, t Tenant) (all []console.Token, err error) {
	var ids []string
	for _, k := range t.Config.Tokens {
		ids = append(ids, k.ID)
	}
	used := map[string]time.Time{}
	if len(ids) > 0 {
		used = v.Uses(ctx, t.Config.Tenant, ids)
	}
	for _, k := range t.Config.Tokens {
		all = append(all, console.Token{ID: k.ID, InFile: true, Expires: k.Expires.Time, Revoked: k.Revoked.Time, Used: used[k.ID]})
	}
	made, err := v.Operate.Tokens.Show(ctx, t.Config.Tenant)
	for _, k := range made {
		all = append(all, tokenOf(k))
	}
	return all, err
}

func tokenOf(k issued.Shown) console.Token {
	return console.Token{ID: k.ID, Made: k.Made, Expires: k.Expires, Revoked: k.Revoked, Used: k.Used, By: k.By}
}

func healthOf(s health.Status) (console.Health, string) {
	switch {
	case len(s.Faults) > 0:
		return console.Bad, s.Faults[0].Error()
	case s.Open != nil:
		return console.Warning, s.Open.Error()
	case !s.Asked:
		return console.Unknown, "not asked yet"
	}
	return console.Good, ""
}

// Exists reports whether there is a tenant.
func (v *Views) Exists(_ context.Context, tenant string) (known bool, err error) {
	_, known = v.Of(tenant)
	return known, nil
}

// Tenant returns a tenant.
func (v *Views) Tenant(ctx context.Context, name string) (console.Detail, error) {
	t, err := v.tenant(name)
	if err != nil {
		return console.Detail{}, err
	}
	states := v.health()
	d := console.Detail{Summary: v.summary(ctx, t, states), URL: t.URL, Journal: t.Journal != nil}
	if s, err := v.guard(t).Status(ctx); err != nil {
		d.Guard = guardUnknown
	} else if !t.GuardOff {
		d.Guard = s.State
	}
	for _, f := range states[name].Faults {
		d.Faults = append(d.Faults, f.Error())
	}
	gate := t.Gate.State(ctx)
	if gate.Proof != nil {
		d.Verified = gate.Proof.Verified
	}
	moved := map[string]string{}
	for _, m := range gate.Moved {
		moved[m.Attribute] = m.String()
	}
	required, places := t.Gate.Places(ctx)
	for i, path := range required {
		d.Attributes = append(d.Attributes, console.Attribute{Path: path.String(), Lives: string(places[i]), Wrong: moved[path.String()]})
	}
	return d, nil
}

// Tokens returns the tokens of a tenant, those that are in use first.
func (v *Views) Tokens(ctx context.Context, tenant string) ([]console.Token, error) {
	t, err := v.tenant(tenant)
	if err != nil {
		return nil, err
	}
	all, err := v.tokensOf(ctx, t)
	var used, ended []console.Token
	for _, k := range all {
		if over(k, v.Now()) {
			ended = append(ended, k)
		} else {
			used = append(used, k)
		}
	}
	return append(used, ended...), err
}

// plain is the text of an error for a page: its first line.
func plain(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}
