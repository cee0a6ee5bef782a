package snapshot_test

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/snapshot"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/proxy/store/guard"
	"keycloak-scim-proxy/proxy/store/storetest"
)

func TestHandler(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	file, err := embedded.Open(path, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	for _, row := range []struct {
		name   string
		engine store.Engine
		header string
		status int
		body   string
	}{
		{"a store without a file", storetest.NewMemory(), "", 409, "only an embedded store"},
		{"a web page", file, "Origin", 403, "not from a web page"},
		{"a fetch", file, "Sec-Fetch-Site", 403, "not from a web page"},
		{"a command", file, "", 200, path + ".snapshot\n"},
	} {
		s := httptest.NewServer(snapshot.Handler(guard.New(row.engine, guard.Options{Now: time.Now, NewID: rand.Text})))
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if row.header != "" {
			q.Header.Set(row.header, "null")
		}
		a, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(a.Body)
		if err != nil || a.StatusCode != row.status || !strings.Contains(string(body), row.body) {
			t.Errorf("%s: %d %s %v", row.name, a.StatusCode, body, err)
		}
		_ = a.Body.Close()
		s.Close()
		if _, err := os.Stat(path + ".snapshot"); (err == nil) != (row.status == 200) {
			t.Errorf("%s: the copy: %v", row.name, err)
		}
	}
}
