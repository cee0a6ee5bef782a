package test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/keycloak/clientkey"
	"keycloak-scim-proxy/test/proxytest"
)

// keyFile writes a key to a file.
func keyFile(t *testing.T, file string, k clientkey.Key) {
	t.Helper()
	text, err := k.PEM()
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// signs makes the tenant's client one that signs, with the public keys of keys.
func (s *site) signs(keys ...clientkey.Key) {
	s.t.Helper()
	set, err := clientkey.JWKS(keys...)
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"clientAuthenticatorType": "client-jwt", "attributes": map[string]string{
		"use.jwks.string": "true", "jwks.string": set, "token.endpoint.auth.signing.alg": keys[0].Algorithm(),
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.admin("PUT", s.client, string(b))
}

// expire lets Keycloak refuse the account's token once, so that the proxy asks for another.
func (s *site) expire() {
	hook := func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/scim/v2") {
			return false
		}
		s.upstream.Before.Store(nil)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"HTTP 401 Unauthorized"}`)
		return true
	}
	s.upstream.Before.Store(&hook)
}

// A tenant whose account has a private key instead of a secret works; a new key is used as soon as
// it is in the file; a wrong one is a fault that is named and is over as soon as it is mended.
func TestTenantWithAKeyFile(t *testing.T) {
	s := newSite(t)
	keys := map[string]clientkey.Key{}
	for name, alg := range map[string]string{"first": clientkey.RS256, "next": clientkey.RS256, "foreign": clientkey.RS256} {
		var err error
		if keys[name], err = clientkey.Generate(alg); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "acme.pem")
	keyFile(t, file, keys["first"])
	s.signs(keys["first"])
	s.cfg.Tenants[0].ServiceAccount = config.ServiceAccount{ClientID: "scim", KeyFile: file}
	core, logs := observer.New(zap.InfoLevel)
	base, stop := proxytest.Start(t, s.cfg, zap.New(core))
	defer stop()
	if logs.FilterMessage("tenant works").Len() != 1 {
		t.Errorf("%+v", logs.All())
	}
	if a := s.ask(base, "POST", "/Users", directorytest.Sample(1).String()); a.Status != 201 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	write := func(k string) func() { return func() { keyFile(t, file, keys[k]) } }
	for _, row := range []struct {
		name   string
		do     func()
		status int
	}{
		{"both keys are published", func() { s.signs(keys["first"], keys["next"]) }, 200},
		{"the key is replaced", write("next"), 200},
		{"the old one is taken away", func() { s.signs(keys["next"]) }, 200},
		{"the file has the old one again", write("first"), 500},
		{"the file has a foreign one", write("foreign"), 500},
		{"the file has none", func() { _ = os.WriteFile(file, []byte("hunter2"), 0o600) }, 500},
		{"the file is gone", func() { _ = os.Remove(file) }, 500},
		{"the file has the right one", write("next"), 200},
		{"the client has a secret again", func() { s.admin("PUT", s.client, `{"clientAuthenticatorType":"client-secret"}`) }, 500},
		{"the client signs again", func() { s.signs(keys["next"]) }, 200},
	} {
		logs.TakeAll()
		row.do()
		s.expire()
		a := s.ask(base, "GET", "/Users?count=1", "")
		if a.Status != row.status {
			t.Errorf("%s: %d %s", row.name, a.Status, a.Body)
		}
		line := logs.FilterMessage("request").All()
		if detail := gjson.GetBytes(a.Body, "detail").String(); a.Status == 500 && (!strings.Contains(detail, "its client key is wrong") ||
			len(line) != 1 || line[0].ContextMap()["fault"] != "key" || !strings.Contains(fmt.Sprint(line[0].ContextMap()["remedy"]), "keyFile")) {
			t.Errorf("%s: %s %+v", row.name, detail, line)
		}
		if strings.Contains(fmt.Sprint(logs.All()), "hunter2") {
			t.Errorf("%s: the log has the content of the file", row.name)
		}
	}
}

// The log warns of a key or secret that other users of the machine can read.
func TestExposedKey(t *testing.T) {
	w := newWorld(t)
	for mode, warned := range map[os.FileMode]int{0o600: 0, 0o400: 0, 0o640: 1, 0o604: 1, 0o620: 1} {
		file := w.cfg.Tenants[0].ServiceAccount.SecretFile
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		cfg := w.cfg
		cfg.Store.Embedded = &config.Embedded{Path: t.TempDir() + "/store.db"}
		core, logs := observer.New(zap.WarnLevel)
		_, stop := proxytest.Start(t, cfg, zap.New(core))
		stop()
		if n := logs.FilterField(zap.String("path", file)).FilterField(zap.String("mode", fmt.Sprintf("%04o", mode))).Len(); n != warned {
			t.Errorf("%04o: %d warnings", mode, n)
		}
	}
}
