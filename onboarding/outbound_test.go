package onboarding_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"

	"keycloak-scim-proxy/onboarding"
)

// The administrator's password is not sent through an HTTP proxy from the environment. Go reads the
// environment once per process, so the login runs in a process of its own.
func TestNoOutboundProxy(t *testing.T) {
	const child = "SCIM_PROXY_TEST_CHILD"
	if os.Getenv(child) != "" {
		if _, err := onboarding.Login(t.Context(), "http://keycloak.invalid", onboarding.Administrator{User: "admin", Password: "secret"}, nil); err == nil {
			t.Error("there is no such Keycloak")
		}
		return
	}
	var asked atomic.Int64
	outbound := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer outbound.Close()
	login := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNoOutboundProxy$")
	login.Env = append(os.Environ(), child+"=1", "HTTP_PROXY="+outbound.URL, "NO_PROXY=", "no_proxy=")
	if out, err := login.CombinedOutput(); err != nil {
		t.Errorf("%v %s", err, out)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the proxy was asked %d times", n)
	}
}
