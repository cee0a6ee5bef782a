package test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/test/proxytest"
)

// With passthrough the proxy can stand at the ingress: sign-in pages and tokens come from Keycloak as they are, SCIM is ours.
func TestPassthrough(t *testing.T) {
	w := newWorld(t)
	cfg := w.cfg
	cfg.DropIn.Passthrough = true
	cfg.Store.Embedded = &config.Embedded{Path: t.TempDir() + "/store.db"}
	w.proxy = proxytest.Serve(t, cfg)
	get := func(path string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.proxy+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	if status, body := get("/realms/" + w.realm.Name + "/.well-known/openid-configuration"); status != 200 || !strings.Contains(body, `"issuer"`) {
		t.Errorf("%d %s", status, body)
	}
	if status, body := get("/realms/" + w.realm.Name + "/scim/v2/Users"); status != 401 || !strings.Contains(body, "urn:ietf:params:scim:api:messages:2.0:Error") {
		t.Errorf("%d %s", status, body)
	}
}
