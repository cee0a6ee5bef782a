package proxy

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/bearer"
	"keycloak-scim-proxy/proxy/continuity"
	"keycloak-scim-proxy/proxy/declared"
	"keycloak-scim-proxy/proxy/dirwatch"
	"keycloak-scim-proxy/proxy/golive"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/privilege"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/proxy/oauth"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/policy/limit"
	"keycloak-scim-proxy/proxy/policy/staged"
	"keycloak-scim-proxy/proxy/scopes"
	"keycloak-scim-proxy/proxy/storemark"
	"keycloak-scim-proxy/proxy/tokenlife"
	"keycloak-scim-proxy/proxy/transport"
)

// tenants authenticates callers with the token of a tenant.
type tenants struct {
	*bearer.Tenants[*tenant]
	life *tokenlife.Life
}

// authenticate returns the caller of a request.
func (t *tenants) authenticate(r *http.Request, variables map[string]string) (caller, error) {
	found, err := t.Authenticate(r, variables["tenant"])
	c := caller{tenant: found.Tenant, keyID: found.KeyID, client: found.Client}
	if err == nil {
		c.credential = found.Tenant.account
	}
	return c, err
}

func (t *tenants) challenge(variables map[string]string) string {
	return t.Challenge(variables["tenant"])
}

// metadata returns that of a tenant that accepts access tokens (RFC 9728).
func (t *tenants) metadata(ctx context.Context, variables map[string]string) (string, error) {
	return t.Metadata(ctx, variables["tenant"])
}

// each returns all tenants.
func (t *tenants) each() (all []*tenant) {
	now := t.Now()
	for _, c := range now.Configured {
		if one, ok := now.Of(c.Tenant); ok {
			all = append(all, one)
		}
	}
	return all
}

// storeMatches is Match of the marks of all tenants.
func (t *tenants) storeMatches(ctx context.Context) error {
	var marks storemark.Marks
	for _, one := range t.each() {
		marks = append(marks, one.mark)
	}
	return marks.Match(ctx)
}

// Reload lets Run read the tenants' files again, as it does by itself when they change, and opens
// the audit log again, so that it can be renamed before.
func (p *Proxy) Reload() {
	p.audit.Reopen()
	p.answers.Store(true)
	select {
	case p.asked <- struct{}{}:
	default:
	}
}

// follow reloads the tenants whenever their files change, until the context ends.
func (p *Proxy) follow(ctx context.Context) {
	if p.cfg.TenantsDir == "" {
		return
	}
	dirwatch.Watch(ctx, dirwatch.Options{
		Dir: p.cfg.TenantsDir, Ask: p.asked, Changed: p.reload, Failed: p.operator.NotFollowed,
	})
}

// reload replaces the tenants by those of their files. It reports whether a file is wrong.
func (p *Proxy) reload() (again bool) {
	answers := p.answers.Swap(false)
	done, differs, err := p.tenants.Reload(p.cfg.TenantsDir, adapters.Known, p.cfg.PublicURL)
	switch {
	case err != nil:
		p.log.Warn("the tenants stay as they were", zap.Error(err))
		return true
	case !differs && answers:
		p.operator.Unchanged(done)
		return len(done.Wrong) > 0
	case !differs:
		return len(done.Wrong) > 0
	}
	var used []*scopes.Scope
	for _, t := range p.tenants.each() {
		used = append(used, t.scope)
	}
	p.realms.Use(used)
	p.monitor.Watch(p.watched())
	p.tenants.life.Wake()
	p.metrics.Follow(p.named())
	p.operator.Reloaded(done)
	return len(done.Wrong) > 0
}

// tenant makes a configured tenant.
func (p *Proxy) tenant(c config.Tenant) *tenant {
	t := &tenant{name: c.Tenant, scope: p.realms.Scope(c.Realm, c.Group, true), guard: p.guards.Of(c.Tenant, c.Realm, c.Guard), plan: p.plan()}
	if c.Group != "" { // of the tenant, because it remembers what its account may do, and its organization
		t.group = tenantgroup.New(c.Group, t.scope.Lock, p.doubt(), t.scope.Now)
		t.group.Organization, t.group.Found = c.Organization, p.operator.Shared(c.Tenant, c.Realm)
	}
	t.payloads = &journaling.Payloads{Space: t.scope.Spaces.Keys, Tenant: c.Tenant, Now: t.scope.Now}
	t.continuity = continuity.Of(c, t.scope.Lock, t.scope.Now)
	t.plan.dialect = adapters.For(c.IDP)
	t.plan.schemas = declared.Extend(t.plan.schemas, c.Extensions)
	t.plan.strict = c.Profile == "strict"
	t.plan.rate = limit.Rate(*cmp.Or(c.Rate, &p.cfg.Limits.Rate))
	t.plan.writing.MembersShown, t.plan.writing.SkipUnknownMembers = c.MembersShown, c.UnknownMembers == "skip"
	t.account = keycloak.NewAccountBy(transport.Proof(c.ServiceAccount), p.client, c.Realm, c.ServiceAccount.ClientID, t.scope.Now)
	if path, mode := c.ServiceAccount.Exposed(); path != "" {
		p.operator.Exposed(c.Tenant, path, fmt.Sprintf("%04o", mode))
	}
	if c.OAuth != nil {
		t.oauth = &oauth.Resource{URL: p.site.Tenant(c.Tenant), MetadataURL: p.site.Metadata(c.Tenant), Clients: c.OAuth.Clients, Verifier: t.scope.Verifier}
	}
	t.networks = transport.Networks(c.AllowedNetworks)
	t.rights = privilege.New(t.account, c.Group, t.scope.Now)
	if t.group != nil {
		pool := observe.Pool{Metrics: p.metrics, Log: p.log, Tenant: c.Tenant, Realm: c.Realm}
		t.group.Watch(func(is tenantgroup.Level, news bool) { pool.Changed(is.Free, is.All, string(is.State()), news) })
	}
	t.ended = func(err error) { p.monitor.Saw(c.Tenant, err) }
	t.gate = golive.New(golive.Tenant{Configured: c, Schemas: t.plan.schemas, Account: t.account, Profiles: t.scope.Profiles},
		staged.Options{Space: p.spaces.Open("live"), Now: t.scope.Now, Alarm: t.ended, Trial: p.trialOf(t, c)})
	t.saw = p.sawOf(c)
	t.mark = storemark.New(storemark.Options{
		Account: storemark.Of(t.account, t.group, t.scope.Directory(t.account, profile.Stock())), Stamp: p.stamp, Expect: p.cfg.Store.ExpectStamp, Now: t.scope.Now,
		Unmarkable: func(err error) {
			p.log.Info("the account cannot be marked in Keycloak: if the store is lost while the proxy does not run, that is not detected",
				zap.String("tenant", c.Tenant), zap.Error(err))
		},
	})
	return t
}
