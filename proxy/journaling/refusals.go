package journaling

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/scim"
)

// Refusals is a sink of requests that were refused before they were calls: because of their token,
// their rate or their form. It makes entries of them in the journal of their tenant.
type Refusals struct {
	// Of returns the journal of a tenant, nil if it has none.
	Of func(tenant string) *journal.Log
}

// Observe makes an entry of a refused write, and of any request with a token that is not valid any
// more.
func (r Refusals) Observe(s observe.Summary, _ time.Duration) {
	writes := slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, s.Method) && !strings.HasSuffix(s.Path, "/.search")
	if s.Tenant == "" || s.Status < http.StatusBadRequest || s.Called || !writes && s.Refused == "" {
		return
	}
	l := r.Of(s.Tenant)
	if l == nil {
		return
	}
	reason := s.ScimType
	switch {
	case s.Refused != "":
		reason = map[string]string{"expired": "the token has expired", "revoked": "the token is revoked", "network": "the client's address is in none of allowedNetworks"}[s.Refused]
	case s.Limited != "":
		reason = "above the limit of " + s.Limited
	}
	ref := target(s.Path)
	l.Refuse(journal.Entry{
		Who: journal.Who{Tenant: s.Tenant, Key: s.KeyID, Client: s.Client}, Request: s.RequestID, Address: s.Address, IDP: s.IDP,
		Verb: cmp.Or(s.Verb, strings.ToLower(s.Method)), Type: ref.Type, Target: ref.ID, Status: s.Status, Reason: reason,
	})
}

// target is the resource that a path names, if it does.
func target(path string) scim.Ref {
	steps := strings.Split(strings.TrimRight(path, "/"), "/")
	for i := len(steps) - 1; i >= 0 && i >= len(steps)-2; i-- {
		t := map[string]scim.ResourceType{"Users": scim.User, "Groups": scim.Group}[steps[i]]
		switch {
		case t != "" && i == len(steps)-2:
			return scim.Ref{Type: t, ID: steps[i+1]}
		case t != "":
			return scim.Ref{Type: t}
		}
	}
	return scim.Ref{}
}
