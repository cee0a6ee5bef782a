package servecmd

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
)

// The store is in the state directory of the unit or the user. A store of an earlier version stays
// in use, and the log says so.
func TestDefaultStore(t *testing.T) {
	home := t.TempDir()
	at := func(parts ...string) string { return filepath.Join(append([]string{home}, parts...)...) }
	write := func(t *testing.T, path string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	old := at("config", "scim-proxy", "store.db")
	for _, row := range []struct {
		name, system string
		env          map[string]string
		want         string
	}{
		{"a unit", "linux", map[string]string{"STATE_DIRECTORY": at("unit") + ":" + at("other"), "XDG_STATE_HOME": at("xdg")}, at("unit", "store.db")},
		{"XDG", "linux", map[string]string{"XDG_STATE_HOME": at("xdg")}, at("xdg", "scim-proxy", "store.db")},
		{"a relative XDG", "linux", map[string]string{"XDG_STATE_HOME": "xdg"}, at(".local", "state", "scim-proxy", "store.db")},
		{"home", "freebsd", nil, at(".local", "state", "scim-proxy", "store.db")},
		{"Windows", "windows", map[string]string{"LocalAppData": at("AppData", "Local")}, at("AppData", "Local", "scim-proxy", "store.db")},
		{"macOS", "darwin", nil, at("Library", "Application Support", "scim-proxy", "store.db")},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := places{
				system: row.system, env: func(name string) string { return row.env[name] },
				home: func() (string, error) { return home, nil }, config: func() (string, error) { return at("config"), nil },
			}
			if file, note, err := defaultStore(p); file != row.want || note != "" || err != nil {
				t.Errorf("new: %s %s %v", file, note, err)
			}
			write(t, old)
			if file, note, err := defaultStore(p); file != old || !strings.Contains(note, "move it to "+row.want) || err != nil {
				t.Errorf("of an earlier version: %s %s %v", file, note, err)
			}
			write(t, row.want)
			if file, note, err := defaultStore(p); file != row.want || !strings.Contains(note, old+", of an earlier version, is not used") || err != nil {
				t.Errorf("both: %s %s %v", file, note, err)
			}
			if err := errors.Join(os.Remove(old), os.Remove(row.want)); err != nil {
				t.Fatal(err)
			}
		})
	}
	none := func() (string, error) { return "", errors.New("$HOME is not defined") }
	if _, _, err := defaultStore(places{"linux", func(string) string { return "" }, none, none}); !errors.As(err, new(cli.UsageError)) || !strings.Contains(err.Error(), "--store") {
		t.Error(err)
	}
	unit := func(string) string { return home }
	if file, _, err := defaultStore(places{"linux", unit, none, none}); file != at("store.db") || err != nil {
		t.Errorf("%s %v", file, err)
	}
}
