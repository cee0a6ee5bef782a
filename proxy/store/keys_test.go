package store_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

func TestKeyFiles(t *testing.T) {
	key := material("\xfb\xff k") // has + and / in base64
	m := storetest.NewMemory()
	direct, err := store.NewKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	save(t, store.Seal(m, direct).Open("acme"), "u1", secret())
	for name, text := range map[string]string{
		"hexadecimal":    hex.EncodeToString(key),
		"upper case":     strings.ToUpper(hex.EncodeToString(key)) + "\r\n",
		"base64":         base64.StdEncoding.EncodeToString(key) + "\n",
		"base64 no pad":  "  " + base64.RawStdEncoding.EncodeToString(key),
		"base64 for URL": base64.URLEncoding.EncodeToString(key),
	} {
		loaded, err := store.LoadKeys(keyFile(t, text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := load(t, store.Seal(m, loaded).Open("acme"), "u1"); string(got.Body) != secretBody {
			t.Errorf("%s: another key was read", name)
		}
	}
}

func keyFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKeyFilesThatAreNone(t *testing.T) {
	good := hex.EncodeToString(material("k"))
	for name, c := range map[string]struct {
		files []string
		want  string
	}{
		"no file":       {nil, "no encryption key"},
		"missing":       {[]string{filepath.Join(t.TempDir(), "absent")}, "no such file"},
		"empty":         {[]string{keyFile(t, "\n")}, "is not 32 bytes"},
		"too short":     {[]string{keyFile(t, good[:62])}, "is not 32 bytes"},
		"too long":      {[]string{keyFile(t, good+"00")}, "is not 32 bytes"},
		"no digits":     {[]string{keyFile(t, "SecretSecret")}, "is not 32 bytes"},
		"twice":         {[]string{keyFile(t, good), keyFile(t, good)}, "key 2 is given twice"},
		"second is bad": {[]string{keyFile(t, good), keyFile(t, "Secret!")}, "is not 32 bytes"},
	} {
		if _, err := store.LoadKeys(c.files...); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "Secret") {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := store.NewKeys(make([]byte, 16)); err == nil {
		t.Error("a key of 16 bytes was taken")
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	k := storetest.Keys(t, "k1")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, k); got != "<secret>" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}
