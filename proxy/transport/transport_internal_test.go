package transport

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
)

// An HTTP proxy from the environment is used for calls to Keycloak only if the configuration says
// so. Go reads the environment once per process, so each case runs in a process of its own.
func TestOutboundProxy(t *testing.T) {
	const configured = "SCIM_PROXY_TEST_OUTBOUND"
	if value, child := os.LookupEnv(configured); child {
		to, err := New(config.Keycloak{URL: "http://keycloak.invalid", Proxy: value, MaxInFlight: 1}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://keycloak.invalid/x", nil)
		res, err := to.RoundTrip(req)
		if err != nil {
			fmt.Println("not reached:", err)
			return
		}
		_ = res.Body.Close()
		fmt.Println("reached:", res.StatusCode)
		return
	}
	var mu sync.Mutex
	asked := ""
	outbound := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked += r.RequestURI
	}))
	t.Cleanup(outbound.Close)
	for name, c := range map[string]struct{ configured, environment, says, reaches string }{
		"not configured":         {"", outbound.URL, "not reached", ""},
		"environment":            {"environment", outbound.URL, "reached: 200", "http://keycloak.invalid/x"},
		"nothing in environment": {"environment", "", "not reached", ""},
		"a secret, refused":      {"environment", "http://hunter2:hunter2@127.0.0.1:1", "not reached: proxyconnect tcp", ""},
		"a secret, no URL":       {"environment", "hunter2:hunter2@%zz", "not reached", ""},
		"URL":                    {outbound.URL, "http://127.0.0.1:1", "reached: 200", "http://keycloak.invalid/x"},
	} {
		t.Run(name, func(t *testing.T) {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOutboundProxy$")
			child.Env = append(os.Environ(), configured+"="+c.configured, "HTTP_PROXY="+c.environment, "http_proxy=", "NO_PROXY=", "no_proxy=")
			out, err := child.CombinedOutput()
			if err != nil || !strings.Contains(string(out), c.says) || strings.Contains(string(out), "hunter2") {
				t.Errorf("%v %s", err, out)
			}
			mu.Lock()
			defer mu.Unlock()
			if asked != c.reaches {
				t.Errorf("the proxy was asked for %q", asked)
			}
			asked = ""
		})
	}
}
