package certifycmd

import (
	"cmp"
	"context"
	"slices"
	"time"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/operatecmd"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operate"
)

// ofTenant are the flags of a tenant's certificate.
type ofTenant struct {
	name, config, since string
	known               configfile.Idps
	cfg                 *config.Config
	begin               time.Time
}

// load reads the configuration of the tenant, and fills in the URL of its SCIM API.
func (t *ofTenant) load(url *string, now time.Time) (err error) {
	if t.name == "" {
		return nil
	}
	if t.begin, err = cli.Since(t.since, now); err != nil {
		return err
	}
	if _, t.cfg, err = cli.Load(t.config, t.known); err != nil {
		return err
	}
	if !slices.ContainsFunc(t.cfg.Tenants, func(c config.Tenant) bool { return c.Tenant == t.name }) {
		return cli.Usage("--tenant: the configuration has no tenant %s", t.name)
	}
	if *url == "" {
		*url = cli.BaseURL(*t.cfg, t.name)
	}
	return nil
}

// mostEntries bounds how many entries of the journal are read, the last ones.
const mostEntries = 10_000

// part reads what the proxy knows of the tenant, from its journal before the run.
func (t *ofTenant) part(ctx context.Context, before time.Time) (*certify.Tenant, error) {
	if t.name == "" {
		return nil, nil //nolint:nilnil // any server
	}
	p := &certify.Tenant{Name: t.name, Since: t.begin, Rules: []certify.Rule{}}
	for _, c := range t.cfg.Tenants {
		if c.Tenant == t.name {
			p.IDP = c.IDP
		}
	}
	read := 0
	query := operate.JournalArguments{Tenant: t.name, Query: journal.Query{Tenant: t.name, Since: t.begin, Until: before, Most: mostEntries, Last: true}}
	err := operatecmd.Do(ctx, t.cfg, "journal", query, func(e journal.Entry) error {
		if read++; e.IsAction() {
			return nil
		}
		p.Writes++
		for _, name := range e.Rules {
			p.Rules = fired(p.Rules, name, e)
		}
		return nil
	})
	p.Capped = read == mostEntries
	if err == nil && t.cfg.SetupLinks.Enabled {
		p.Checklist, err = t.checklist(ctx)
	}
	slices.SortFunc(p.Rules, func(a, b certify.Rule) int { return cmp.Or(b.Times-a.Times, cmp.Compare(a.Name, b.Name)) })
	return p, err
}

// checklist returns the lines of the tenant's set-up, none if no customer was invited.
func (t *ofTenant) checklist(ctx context.Context) (lines []certify.Line, err error) {
	err = operatecmd.Do(ctx, t.cfg, "invite", operate.InviteArguments{Tenant: t.name, Action: operate.InviteShow, OrNone: true}, func(i operate.Invited) error {
		for _, l := range i.Lines {
			lines = append(lines, certify.Line{Name: l.Title, State: string(l.State), At: l.At, Reason: l.Reason}.Clean())
		}
		return nil
	})
	return lines, err
}

// fired counts a rule.
func fired(all []certify.Rule, name string, e journal.Entry) []certify.Rule {
	i := slices.IndexFunc(all, func(r certify.Rule) bool { return r.Name == name })
	if i < 0 {
		i, all = len(all), append(all, certify.Rule{Name: name, Says: adapters.Says(e.IDP, name)})
	}
	all[i].Times++
	all[i].Last = e.Begun
	return all
}
