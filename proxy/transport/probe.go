package transport

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/keycloak/reach"
)

// probeTimeout bounds a probe. It is at most keycloak.timeout.
const probeTimeout = 5 * time.Second

// Probe returns a function that asks Keycloak for the discovery document of its realm master, over
// a connection of its own. Any answer of Keycloak is good, also a refusal.
func Probe(k config.Keycloak, to *http.Transport) func(context.Context) error {
	to = to.Clone()
	to.DisableKeepAlives = true // an old connection may be dead while Keycloak is not
	client := http.Client{
		Transport: to, Timeout: min(probeTimeout, k.Timeout.Std()),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	target := strings.TrimSuffix(k.URL, "/") + "/realms/master/.well-known/openid-configuration"
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		if err := res.Body.Close(); err != nil {
			return err
		}
		if reach.Gone(res.StatusCode) {
			return fmt.Errorf("a probe was answered %d", res.StatusCode)
		}
		return nil
	}
}
