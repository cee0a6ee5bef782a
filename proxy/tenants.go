package proxy

import (
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/dirwatch"
	"keycloak-scim-proxy/proxy/roster"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/storemark"
)

// tenants authenticates callers with the token of a tenant.
type tenants struct {
	*roster.Roster[*tenant]
	now func() time.Time
	log *zap.Logger
}

// authenticate finds the tenant of an opaque token. A tenant in the path must be the token's own;
// the error does not say which check failed.
func (t *tenants) authenticate(r *http.Request, variables map[string]string) (caller, error) {
	token, err := scimhttp.Bearer(r)
	if err != nil {
		return caller{}, err
	}
	found, name, keyID, err := t.Now().Lookup(token, t.now())
	named, inPath := variables["tenant"]
	if err != nil || found == nil || inPath && named != name {
		e := scim.Unauthorized("the bearer token is not valid here")
		e.Cause = err
		return caller{}, e
	}
	t.crossCheck(found, r)
	return caller{tenant: found, keyID: keyID, credential: found.account}, nil
}

// crossCheck warns once per tenant if a request seems to come from another provider than the
// tenant's idp. The configured dialect is used nevertheless.
func (t *tenants) crossCheck(found *tenant, r *http.Request) {
	if provider := adapters.DetectProvider(r.Header.Get); provider != "" && provider != found.plan.dialect.Name {
		found.warned.Do(func() {
			t.log.Warn("requests seem to come from another identity provider: check the tenant's idp",
				zap.String("tenant", found.name), zap.String("idp", found.plan.dialect.Name), zap.String("looksLike", provider))
		})
	}
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

// Reload lets Run read the tenants' files again, as it does by itself when they change.
func (p *Proxy) Reload() {
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
		Dir: p.cfg.TenantsDir, Ask: p.asked, Changed: p.reload,
		Failed: func(err error) {
			p.log.Warn("the system does not report changes of tenantsDir: they are noticed within 10 seconds", zap.Error(err))
		},
	})
}

// reload replaces the tenants by those of their files. It reports whether a file is wrong.
func (p *Proxy) reload() (again bool) {
	done, differs, err := p.tenants.Reload(p.cfg.TenantsDir, adapters.Known)
	switch {
	case err != nil:
		p.log.Warn("the tenants stay as they were", zap.Error(err))
		return true
	case !differs:
		return len(done.Wrong) > 0
	}
	p.realms.use(p.tenants.each())
	p.monitor.Watch(p.watched())
	if done.Tenants() {
		p.log.Info("tenants were reloaded", zap.Strings("added", done.Added), zap.Strings("changed", done.Changed), zap.Strings("removed", done.Removed))
	}
	for _, wrong := range done.Wrong {
		p.log.Warn("a tenant's file is wrong: its tenant stays as it was", zap.String("file", wrong.File), zap.String("wrong", wrong.String()))
	}
	if done.Mended {
		p.log.Info("no tenant's file is wrong any more")
	}
	return len(done.Wrong) > 0
}
