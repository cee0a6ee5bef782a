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
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/views"
)

// openConsole opens the console of operators if the configuration enables it. to reaches Keycloak.
func (p *Proxy) openConsole(to http.RoundTripper) (err error) {
	c := p.cfg.Console
	if !c.Enabled {
		return nil
	}
	var gate signin.Gate
	if c.SignIn.Off {
		gate = signin.NewLocal(p.clock)
	} else {
		oidc, err := signin.New(signin.Options{
			Space: p.spaces.Open(signin.SpaceName), Keycloak: p.cfg.Keycloak.URL, Transport: to, URL: c.URL,
			Realm: c.SignIn.Realm, ClientID: c.SignIn.ClientID, Secret: c.SignIn.Secret, Role: c.SignIn.Role,
			Now: p.clock, Note: p.operator.SignIn,
		})
		if err != nil {
			return err
		}
		gate, p.sessions = oidc, oidc.Run
	}
	p.console, err = console.New(console.Options{Backend: p.views(), Gate: gate, URL: c.URL, Now: p.clock, Address: p.address})
	return err
}

// keepConsole keeps the sessions of the console until the context ends, and then ends its streams.
func (p *Proxy) keepConsole(ctx context.Context) {
	if p.console == nil {
		return
	}
	stop := context.AfterFunc(ctx, p.console.Close)
	defer stop()
	if p.sessions != nil {
		p.sessions(ctx)
	}
	<-ctx.Done()
}

// address is that of the browser of an operator.
func (p *Proxy) address(r *http.Request) string {
	if client, _ := clientip.Of(r, p.tenants.Trusted); client.IsValid() {
		return client.String()
	}
	return r.RemoteAddr
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
