package journaling_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/observe"
)

// Requests that are refused before they are calls have an entry of their tenant: writes, and all
// with a token that is not valid any more.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, row := range []struct {
			s    observe.Summary
			want string
		}{
			{observe.Summary{Tenant: "acme", KeyID: "k1", Method: "GET", Path: "/scim/v2/Users", Status: 401, Refused: "expired"}, "k1 get User  401 the token has expired"},
			{observe.Summary{Tenant: "acme", KeyID: "k1", Method: "PATCH", Path: "/tenants/acme/scim/v2/Users/u1", Status: 401, Refused: "revoked"}, "k1 patch User u1 401 the token is revoked"},
			{observe.Summary{Tenant: "acme", Method: "DELETE", Path: "/scim/v2/Groups/g1/", Status: 401, Refused: "network"}, " delete Group g1 401 the client's address is in none of allowedNetworks"},
			{observe.Summary{Tenant: "acme", Method: "POST", Path: "/scim/v2/Bulk", Status: 429, Limited: "rate"}, " post   429 above the limit of rate"},
			{observe.Summary{Tenant: "acme", Method: "PUT", Path: "/scim/v2/Users/u1", Status: 400, ScimType: "invalidSyntax"}, " put User u1 400 invalidSyntax"},
			{observe.Summary{Tenant: "acme", Method: "PUT", Path: "/scim/v2/Users/u1", Status: 400, Called: true}, ""},
			{observe.Summary{Tenant: "acme", Method: "PUT", Path: "/scim/v2/Users/u1", Status: 200}, ""},
			{observe.Summary{Tenant: "acme", Method: "GET", Path: "/scim/v2/Users/u1", Status: 404}, ""},
			{observe.Summary{Tenant: "acme", Method: "POST", Path: "/scim/v2/.search", Status: 400}, ""},
			{observe.Summary{Method: "POST", Path: "/scim/v2/Users", Status: 401}, ""},
			{observe.Summary{Tenant: "other", Method: "POST", Path: "/scim/v2/Users", Status: 401}, ""},
		} {
			b := newBench(t, nil)
			journaling.Refusals{Of: func(tenant string) *journal.Log {
				if tenant == "acme" {
					return b.log
				}
				return nil
			}}.Observe(row.s, 0)
			got := ""
			for _, e := range b.found(journal.Query{}) {
				got += fmt.Sprintf("%s %s %s %s %d %s", e.Key, e.Verb, e.Type, e.Target, e.Status, e.Reason)
			}
			if got != row.want {
				t.Errorf("%+v: %q, want %q", row.s, got, row.want)
			}
		}
	})
}
