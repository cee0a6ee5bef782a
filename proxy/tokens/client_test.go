package tokens_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"keycloak-scim-proxy/proxy/tokens"
)

const tenantURL = "https://scim.example/tenants/acme/scim/v2"

// client returns a valid token of a client, with changes.
func (r *realm) client(change map[string]any) string {
	c := map[string]any{"typ": "Bearer", "aud": tenantURL, "azp": "acme-idp", "client_id": "acme-idp", "scope": "email scim"}
	maps.Copy(c, change)
	return r.sign(jose.ES256, r.keys["k1"], "k1", r.claims(c))
}

func (r *realm) verifyClient(ctx context.Context, token string) (string, error) {
	return r.VerifyClient(ctx, token, tokens.Grant{Audience: tenantURL, Clients: []string{"other-idp", "acme-idp"}, Scope: "scim"})
}

func TestVerifyClient(t *testing.T) {
	r, other := newRealm(t), newRealm(t)
	for name, token := range map[string]string{
		"another client":             r.client(map[string]any{"azp": "x", "client_id": "x"}),
		"a user's":                   r.client(map[string]any{"client_id": nil}),
		"another client acts":        r.client(map[string]any{"azp": "x"}),
		"no client":                  r.client(map[string]any{"azp": nil, "client_id": nil}),
		"another audience":           r.client(map[string]any{"aud": issuer + "/scim/v2"}),
		"an audience that begins so": r.client(map[string]any{"aud": tenantURL + "/"}),
		"another realm":              r.client(map[string]any{"iss": "https://id.example/realms/other"}),
		"another host":               r.client(map[string]any{"iss": "https://evil.example/realms/acme%20corp"}),
		"without scope":              r.client(map[string]any{"scope": nil}),
		"a longer scope":             r.client(map[string]any{"scope": "scim-read scimx"}),
		"expired":                    r.client(map[string]any{"exp": r.clock.Add(-time.Second).Unix()}),
		"an ID token":                r.client(map[string]any{"typ": "ID"}),
		"DPoP":                       r.client(map[string]any{"typ": "DPoP"}),
		"bound to a certificate":     r.client(map[string]any{"cnf": map[string]any{"x5t#S256": "x"}}),
		"wrong key":                  r.sign(jose.ES256, other.keys["k1"], "k1", r.claims(map[string]any{"typ": "Bearer", "aud": tenantURL, "azp": "acme-idp", "client_id": "acme-idp", "scope": "scim"})),
	} {
		if client, err := r.verifyClient(t.Context(), token); client != "" || !errors.Is(err, tokens.ErrInvalid) {
			t.Errorf("%s: %q %v", name, client, err)
		}
	}
	for name, token := range map[string]string{"one audience": r.client(nil), "two": r.client(map[string]any{"aud": []string{"account", tenantURL}})} {
		if client, err := r.verifyClient(t.Context(), token); client != "acme-idp" || err != nil {
			t.Errorf("%s: %q %v", name, client, err)
		}
	}
	if _, err := r.Verify(t.Context(), r.client(nil)); !errors.Is(err, tokens.ErrInvalid) {
		t.Errorf("a tenant's token is good for a realm: %v", err)
	}
}

// While Keycloak is down, keys and issuer go on for KeysLimit. They are asked for every 10 seconds
// at most.
func TestClientsWhileKeycloakIsDown(t *testing.T) {
	r := newRealm(t)
	if _, err := r.verifyClient(t.Context(), r.client(nil)); err != nil {
		t.Fatal(err)
	}
	r.down = errors.New("down")
	for _, later := range []time.Duration{tokens.KeysAge, 5 * time.Second, tokens.KeysLimit - tokens.KeysAge - time.Minute} {
		r.clock = r.clock.Add(later)
		if _, err := r.verifyClient(t.Context(), r.client(nil)); err != nil {
			t.Errorf("after %s: %v", later, err)
		}
		if name, err := r.Issuer(t.Context()); name != issuer || err != nil {
			t.Errorf("after %s: %q %v", later, name, err)
		}
	}
	if r.reads != 3 {
		t.Errorf("the keys were read %d times", r.reads)
	}
	r.clock = r.clock.Add(time.Minute)
	if _, err := r.verifyClient(t.Context(), r.client(nil)); !errors.Is(err, r.down) || errors.Is(err, tokens.ErrInvalid) {
		t.Errorf("after the limit: %v", err)
	}
}
