package scimhttp

import (
	"net/http"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// Bearer returns the token in the Authorization header. Two such headers are refused, because
// Keycloak accepts a valid and an invalid one together.
func Bearer(r *http.Request) (string, error) {
	given := r.Header.Values("Authorization")
	if len(given) != 1 {
		return "", scim.Unauthorized("a bearer token is required")
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", scim.Unauthorized("a bearer token is required")
	}
	return token, nil
}
