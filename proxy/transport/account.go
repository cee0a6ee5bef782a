package transport

import (
	"crypto/rand"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/keycloak/clientkey"
	"keycloak-scim-proxy/proxy/keycloak/grant"
)

// Proof is how a service account proves to Keycloak who it is. The secret or key is read at each
// proof.
func Proof(a config.ServiceAccount) grant.Method {
	if a.KeyFile == "" {
		return grant.Secret(a.Secret)
	}
	return grant.Key(func() (clientkey.Key, error) { return clientkey.Read(a.KeyFile) }, rand.Text)
}
