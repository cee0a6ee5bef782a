// Package storefile makes encrypted embedded stores for tests, and configurations that name them.
package storefile

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/proxy/store/guard"
)

// Config writes the keys with these names, and a configuration that encrypts with them. It
// replaces an earlier file.
func Config(t testing.TB, file string, names ...string) {
	t.Helper()
	dir := filepath.Dir(file)
	for _, n := range names {
		if err := os.WriteFile(filepath.Join(dir, n), []byte(hex.EncodeToString(bytes.Repeat([]byte(n), 16))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := fmt.Sprintf("keycloak: {url: \"http://127.0.0.1:1\"}\nstore: {embedded: {path: store.db}, encryption: {keyFiles: [%s]}}\ntenantsDir: tenants\n", strings.Join(names, ", "))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Open calls do with the store that a proxy with these keys would open.
func Open(t testing.TB, db string, names []string, do func(*guard.Engine)) {
	t.Helper()
	var files []string
	for _, n := range names {
		files = append(files, filepath.Join(filepath.Dir(db), n))
	}
	var keys *store.Keys
	if len(files) > 0 {
		var err error
		if keys, err = store.LoadKeys(files...); err != nil {
			t.Fatal(err)
		}
	}
	e, err := embedded.Open(db, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	do(guard.New(e, guard.Options{Keys: keys, Now: time.Now, NewID: rand.Text}))
}
