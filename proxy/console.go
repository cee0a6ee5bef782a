package proxy

import (
	"context"
	"net/http"
	"os"
	"runtime"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/console/signin"
	"keycloak-scim-proxy/proxy/clientip"
	"keycloak-scim-proxy/proxy/consoles"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/views"
)

// openConsole opens the console of operators. to reaches Keycloak.
func (p *Proxy) openConsole(to http.RoundTripper) (err error) {
	p.console, err = consoles.Open(consoles.Options{
		Config: p.cfg.Console, Backend: p.views(), Space: p.spaces.Open(signin.SpaceName), Keycloak: p.cfg.Keycloak.URL, To: to,
		Address: func(r *http.Request) string { return clientip.Text(r, p.tenants.Trusted) }, Note: p.operator.SignIn, Tell: p.operator.Session, Now: p.clock,
	})
	return err
}

// views are what the console shows.
func (p *Proxy) views() *views.Views {
	host, _ := os.Hostname()
	usage := storage.Usage(p.engine)
	return views.New(views.Options{
		Operate: p.operations(), All: p.viewed, Of: p.view, Health: p.monitor.Status, Uses: p.tenants.life.Uses, Walked: p.drifts.Walked,
		Canary: p.canaries(), Did: p.operator.Acted, Notes: p.readiness().Notes, Now: p.clock,
		Program: console.System{Version: p.version, Go: runtime.Version(), Started: p.started, Replica: host},
		Store: func(ctx context.Context) console.Store {
			kind := "embedded"
			if p.cfg.Store.Redis != nil {
				kind = "redis"
			}
			return views.StoreOf(ctx, kind, p.stamp, usage)
		},
	})
}

func (p *Proxy) view(name string) (views.Tenant, bool) {
	t, there := p.tenants.Now().Of(name)
	if !there {
		return views.Tenant{}, false
	}
	return views.TenantOf(t.gate, t.account, views.Tenant{URL: p.site.Tenant(name), Journal: t.scope.Journal, Capabilities: func(ctx context.Context) (directory.Capabilities, error) {
		s, err := t.service(ctx, "")
		if err != nil {
			return directory.Capabilities{}, err
		}
		return s.Capabilities(), nil
	}}, p.cfg.Guard), true
}

// viewed are all tenants, in the order of their names.
func (p *Proxy) viewed() (all []views.Tenant) {
	for _, c := range p.tenants.Now().Configured {
		if t, there := p.view(c.Tenant); there {
			all = append(all, t)
		}
	}
	return views.Sorted(all)
}
