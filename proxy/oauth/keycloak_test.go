package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/oauth"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/tokens"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

const resourceURL = "https://scim.test/tenants/acme/scim/v2"

// site is a real Keycloak with a client of a tenant, and a clock.
type site struct {
	*kctest.Realm
	resource *oauth.Resource
	later    time.Duration
	down     error
}

func (s *site) Keys(ctx context.Context, realm string) ([]byte, error) {
	return s.published(ctx, "/realms/"+realm+"/protocol/openid-connect/certs")
}

// Issuer is Server.URL, because the realm has no frontend URL.
func (s *site) Issuer(_ context.Context, realm string) (string, error) {
	return s.Server.URL + "/realms/" + realm, s.down
}

func (s *site) published(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Server.URL+path, nil)
	if err != nil {
		return nil, err
	}
	return s.Do(req).Body, s.down
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{Realm: kctest.NewRealm(t)}
	s.Made(s.Admin("POST", "/client-scopes", `{"name":"scim","protocol":"openid-connect","attributes":{"include.in.token.scope":"true"}}`))
	for _, id := range []string{"acme-idp", "second", "third"} { // kctest keeps the token of a client
		s.Made(s.Admin("POST", "/clients", fmt.Sprintf(`{"clientId":%q,"secret":"s","serviceAccountsEnabled":true,"defaultClientScopes":["basic","service_account","scim"],
"attributes":{"access.token.lifespan":"36000"},"protocolMappers":[{"name":"aud","protocol":"openid-connect","protocolMapper":"oidc-audience-mapper","config":{"included.custom.audience":%q,"access.token.claim":"true"}}]}`, id, resourceURL)))
	}
	now := func() time.Time { return time.Now().Add(s.later) }
	s.resource = &oauth.Resource{URL: resourceURL, Clients: []string{"acme-idp", "second", "third"}, Verifier: oauth.NewVerifier(s.Name, s, now)}
	return s
}

func (s *site) accepts(t *testing.T, name, token string) {
	t.Helper()
	if _, err := s.resource.Client(t.Context(), token); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// The keys of the realm may change: a token of a new key is accepted 10 seconds after the last
// reading of the keys, one of a key that is gone is refused after KeysAge. While Keycloak is down,
// the keys that are known go on.
func TestKeysOfTheRealmChange(t *testing.T) {
	s := newSite(t)
	old := s.Token("acme-idp", "s")
	s.accepts(t, "at first", old)
	made := s.Admin("POST", "/components", `{"name":"fresh","providerId":"rsa-generated","providerType":"org.keycloak.keys.KeyProvider","config":{"priority":["1000"],"keySize":["2048"],"active":["true"],"enabled":["true"]}}`)
	fresh := s.Made(made)
	rotated := s.Token("second", "s")
	if _, err := s.resource.Client(t.Context(), rotated); scim.Status(err) != http.StatusUnauthorized {
		t.Errorf("the keys were read again at once: %v", err)
	}
	s.later += 11 * time.Second
	s.accepts(t, "a new key", rotated)
	s.accepts(t, "beside it the old one", old)

	s.down = errors.New("down")
	s.later += tokens.KeysAge
	s.accepts(t, "Keycloak is down", rotated)
	s.down = nil
	if a := s.Admin("DELETE", "/components/"+fresh, ""); a.Status != http.StatusNoContent {
		t.Fatal(a.Status)
	}
	s.later += tokens.KeysAge
	if _, err := s.resource.Client(t.Context(), rotated); scim.Status(err) != http.StatusUnauthorized {
		t.Errorf("a key that is gone: %v", err)
	}
	s.accepts(t, "the key that stays", s.Token("third", "s"))
}
