package certify_test

import (
	"fmt"
	"testing"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/certifytest"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

func options(s *certifytest.Server) certify.Options {
	return certify.Options{Options: probe.Options{
		URL: s.URL, Token: certifytest.Token, Prefix: certifytest.Prefix(), Timeout: 10 * time.Second, Second: time.Millisecond, Pause: time.Millisecond,
	}, Profiles: []string{probe.Core, probe.IPSIEAL2, probe.Entra, probe.Okta}}
}

func TestTry(t *testing.T) {
	s := certifytest.New(t, true)
	r := certify.Run(t.Context(), options(s))
	for _, one := range r.Results {
		if one.State != certify.Pass {
			fmt.Println(one.State, one.ID, one.Why, one.Failure)
		}
	}
	fmt.Println(r.Counted(""), r.Left, len(r.Results))
}
