package proxy

import (
	"encoding/hex"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/store"
)

// keyFile writes a file with a key of one repeated letter.
func keyFile(t *testing.T, letter string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), letter)
	if err := os.WriteFile(path, []byte(hex.EncodeToString([]byte(strings.Repeat(letter, 32)))), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func encryption(files ...string) *config.Encryption { return &config.Encryption{KeyFiles: files} }

// A store that was written with one key does not start with another key or without one.
func TestWrongKeysDoNotStart(t *testing.T) {
	cfg := config.DropInOnly("http://127.0.0.1:1", filepath.Join(t.TempDir(), "store.db"))
	k1, k2 := keyFile(t, "a"), keyFile(t, "b")
	for _, c := range []struct {
		name string
		keys *config.Encryption
		want string
	}{
		{"first start", encryption(k1), ""},
		{"another key", encryption(k2), "which is not configured: add the file of this key to store.encryption.keyFiles"},
		{"no key", nil, "no key is configured: name the file of this key in store.encryption.keyFiles"},
		{"rotation", encryption(k2, k1), ""},
		{"the old key alone", encryption(k1), "which is not configured"},
		{"both", encryption(k1, k2), ""},
	} {
		cfg.Store.Encryption = c.keys
		p, err := New(cfg, zap.NewNop())
		if err == nil {
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// ready returns the answer of /readyz.
func ready(t *testing.T, p *Proxy) (status int, text string) {
	t.Helper()
	w := httptest.NewRecorder()
	p.adminHandler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
	return w.Code, strings.TrimSpace(w.Body.String())
}

// The proxy starts without Redis, logs a warning, and is not ready until Redis answers.
func TestStartBeforeRedis(t *testing.T) {
	cfg := config.DropInOnly("http://127.0.0.1:1", "")
	cfg.Store = config.Store{Redis: &config.Redis{Addresses: []string{"127.0.0.1:1"}}}
	core, logs := observer.New(zap.InfoLevel)
	p, err := New(cfg, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	if n := logs.FilterMessageSnippet("the store does not answer yet").Len(); n != 1 {
		t.Errorf("%d warnings in %v", n, logs.All())
	}
	if status, text := ready(t, p); status != http.StatusServiceUnavailable || !strings.HasPrefix(text, store.ErrUnavailable.Error()) {
		t.Errorf("readyz: %d %s", status, text)
	}
	if _, err := p.engine.Open("realm.r").Find(t.Context(), "t"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Find: %v", err)
	}
}

// A record that was written without keys is readable if encryption.requireSealed is off, and
// refused if it is on.
func TestRequireSealed(t *testing.T) {
	cfg := config.DropInOnly("http://127.0.0.1:1", filepath.Join(t.TempDir(), "store.db"))
	start := func(e *config.Encryption) *Proxy {
		cfg.Store.Encryption = e
		p, err := New(cfg, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	k1 := keyFile(t, "a")
	strict := encryption(k1)
	strict.RequireSealed = true
	p := start(nil)
	if _, err := p.engine.Open("realm.r").Save(t.Context(), "u1", store.Record{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		e    *config.Encryption
		want error
	}{{"sealed where written", encryption(k1), nil}, {"sealed only", strict, store.ErrUnreadable}} {
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		p = start(c.e)
		if _, err := p.engine.Open("realm.r").Load(t.Context(), "u1"); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// The stamp is logged at the start and returned by /readyz. The proxy does not start with another
// stamp than the expected one.
func TestExpectStamp(t *testing.T) {
	cfg := config.DropInOnly("http://127.0.0.1:1", filepath.Join(t.TempDir(), "store.db"))
	core, logs := observer.New(zap.InfoLevel)
	p, err := New(cfg, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	line := logs.FilterMessage("store").All()
	if len(line) != 1 || line[0].ContextMap()["new"] != true {
		t.Fatalf("logged %v", logs.All())
	}
	stamp, _ := line[0].ContextMap()["stamp"].(string)
	if status, text := ready(t, p); status != http.StatusOK || text != "store stamp "+stamp {
		t.Errorf("readyz: %d %s", status, text)
	}
	for expected, want := range map[string]string{stamp: "", "another": "it has the stamp " + stamp + ", and store.expectStamp names another"} {
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		cfg.Store.ExpectStamp = expected
		again, err := New(cfg, zap.NewNop())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("expecting %s: %v, want %q", expected, err, want)
		}
		if err == nil {
			p = again
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// Too wide modes of the file and of its directory cause warnings with path and mode.
func TestWideModesAreWarnedAbout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(dir, "store.db")
	cfg := config.DropInOnly("http://127.0.0.1:1", path)
	for _, c := range []struct {
		name      string
		file, dir os.FileMode // 0 means the store's own mode
		want      map[string]string
	}{
		{"new", 0, 0, nil},
		{"as it was made", 0, 0, nil},
		{"the group reads", 0o640, 0o750, map[string]string{path: "0640"}},
		{"everybody writes the file", 0o602, 0o755, map[string]string{path: "0602"}},
		{"the group exchanges the file", 0o600, 0o770, map[string]string{dir: "0770"}},
		{"everybody does everything", 0o666, 0o777, map[string]string{path: "0666", dir: "0777"}},
	} {
		if c.file != 0 {
			if err := errors.Join(os.Chmod(path, c.file), os.Chmod(dir, c.dir)); err != nil {
				t.Fatal(err)
			}
		}
		core, logs := observer.New(zap.WarnLevel)
		p, err := New(cfg, zap.New(core))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, line := range logs.FilterMessageSnippet("chmod").All() {
			fields := line.ContextMap()
			got[fields["path"].(string)] = fields["mode"].(string)
		}
		if !maps.Equal(got, c.want) {
			t.Errorf("%s: warned about %v, want %v", c.name, got, c.want)
		}
	}
}
