package proxy

import (
	"net/http"

	"keycloak-scim-proxy/proxy/canary"
)

// itself lets the proxy send requests as a tenant, for a canary. Nothing outside can be it.
type itself struct{ *tenant }

func (i itself) authenticate(*http.Request, map[string]string) (caller, error) {
	return caller{tenant: i.tenant, keyID: "canary", credential: i.account, canary: true}, nil
}

func (itself) challenge(map[string]string) string { return "" }

func (p *Proxy) canaries() canary.Handler {
	of := func(name string) (canary.Tenant, bool) {
		t, known := p.tenants.Now().Of(name)
		if !known {
			return canary.Tenant{}, false
		}
		return t.gate.Canary(p.recorded(p.door(itself{t}).Handler())), true
	}
	return canary.Handler{Of: of, NewID: p.newID, Now: p.now, Done: p.operator.Canary}
}
