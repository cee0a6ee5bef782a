package proxy

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/console/signin"
	"keycloak-scim-proxy/proxy/clientip"
	"keycloak-scim-proxy/proxy/consoles"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/views"
)

// openConsole opens the console of operators. to reaches Keycloak.
func (p *Proxy) openConsole(to http.RoundTripper) (err error) {
	p.console, err = consoles.Open(consoles.Options{
		Config: p.cfg.Console, Backend: p.views(), Space: p.spaces.Open(signin.SpaceName), Keycloak: p.cfg.Keycloak.URL, To: to,
		Address: p.address, Note: p.operator.SignIn, Now: p.clock,
	})
	return err
}

// address is that of a browser.
func (p *Proxy) address(r *http.Request) string {
	client, known := clientip.Of(r, p.tenants.Trusted)
	if !known {
		return ""
	}
	return client.String()
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
	c := t.gate.Configured()
	guard := p.cfg.Guard
	if c.Guard != nil {
		guard = *c.Guard
	}
	return views.Tenant{
		Config: c, URL: p.site.Tenant(name), Journal: t.scope.Journal, Gate: t.gate, Window: guard.Window.Std(), GuardOff: guard.Off,
		Native: func(ctx context.Context, ref scim.Ref) (int, []byte, error) {
			return t.account.Ask(ctx, http.MethodGet, fmt.Sprintf("/realms/%s/scim/v2/%ss/%s", url.PathEscape(c.Realm), ref.Type, url.PathEscape(ref.ID)), "")
		},
		Capabilities: func(ctx context.Context) (directory.Capabilities, error) {
			s, err := t.service(ctx, "")
			if err != nil {
				return directory.Capabilities{}, err
			}
			return s.Capabilities(), nil
		},
	}, true
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
