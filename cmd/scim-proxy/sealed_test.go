package main

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

// sealedConfig writes the keys with these names and a configuration that encrypts with them.
func sealedConfig(t *testing.T, file string, names ...string) {
	t.Helper()
	for _, n := range names {
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), n), []byte(hex.EncodeToString(bytes.Repeat([]byte(n), 16))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := fmt.Sprintf("keycloak: {url: \"http://127.0.0.1:1\"}\nstore: {embedded: {path: store.db}, encryption: {keyFiles: [%s]}}\ntenantsDir: tenants\n", strings.Join(names, ", "))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// withStore runs fn on the store that a proxy with these keys would open.
func withStore(t *testing.T, db string, names []string, fn func(*guard.Engine)) {
	t.Helper()
	var files []string
	for _, n := range names {
		files = append(files, filepath.Join(filepath.Dir(db), n))
	}
	keys, err := store.LoadKeys(files...)
	if err != nil {
		t.Fatal(err)
	}
	e, err := embedded.Open(db, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	fn(guard.New(e, guard.Options{Keys: keys, Now: time.Now, NewID: rand.Text}))
}
