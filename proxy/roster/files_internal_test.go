package roster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/config/configfile"
)

func anyIdp(string) bool { return true }

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A tenant whose file is bad stays as it runs. A file that contradicts one that stays is bad too,
// because two tenants must never serve the same place. A file that is gone ends its tenant.
func TestRead(t *testing.T) {
	file := func(tenant, realm, more string) string {
		return fmt.Sprintf("tenant: %s\nrealm: %s\nserviceAccount: {clientID: c, secretFile: secret}\n%s", tenant, realm, more)
	}
	const shared = "sharedRealm: true\n"
	for name, row := range map[string]struct {
		change map[string]string // "": the file is removed
		want   string            // tenant:realm of those that run
		wrong  string            // the files that are wrong
	}{
		"nothing":          {nil, "acme:a globex:g", ""},
		"added":            {map[string]string{"new": file("new", "n", "")}, "acme:a globex:g new:n", ""},
		"removed":          {map[string]string{"acme": ""}, "globex:g", ""},
		"changed":          {map[string]string{"acme": file("acme", "b", "")}, "acme:b globex:g", ""},
		"renamed":          {map[string]string{"acme": "", "acme2": file("acme", "a", "")}, "acme:a globex:g", ""},
		"half a file":      {map[string]string{"acme": "tenant: ac"}, "acme:a globex:g", "acme"},
		"not YAML":         {map[string]string{"acme": "tenant: [", "new": file("new", "n", "")}, "acme:a globex:g new:n", "acme"},
		"a new bad one":    {map[string]string{"new": "tenant: ["}, "acme:a globex:g", "new"},
		"no secret":        {map[string]string{"acme": strings.Replace(file("acme", "b", ""), "secret}", "none}", 1)}, "acme:a globex:g", "acme"},
		"all are bad":      {map[string]string{"acme": "x", "globex": "y"}, "acme:a globex:g", "acme globex"},
		"the other's name": {map[string]string{"globex": file("acme", "g", "")}, "acme:a globex:g", "acme globex"},
		"the realm of one that stays": {map[string]string{"acme": "tenant: [", "new": file("new", "A", "")},
			"acme:a globex:g", "acme new"},
		"the realm of one that stays and does not share it": {map[string]string{"acme": "tenant: [", "new": file("new", "a", shared)},
			"acme:a globex:g", "acme new"},
		"the name of one that stays": {map[string]string{"acme": "tenant: [", "new": file("acme", "n", "")},
			"acme:a globex:g", "acme new"},
		"a row of them: the next one has the place that the last one keeps": {map[string]string{"acme": "tenant: [", "globex": file("globex", "a", ""), "new": file("new", "g", "")},
			"acme:a globex:g", "acme globex new"},
		"two change places at once": {map[string]string{"acme": file("acme", "g", ""), "globex": file("globex", "a", "")}, "acme:g globex:a", ""},
		"one of two that change places": {map[string]string{"acme": file("acme", "g", "")},
			"acme:a globex:g", "acme globex"},
		"a group of the realm of one that stays": {map[string]string{"acme": "tenant: [", "new": file("new", "a", "group: n\n")},
			"acme:a globex:g new:a", "acme"},
	} {
		dir := t.TempDir()
		write(t, dir, "secret", "s")
		write(t, dir, "acme.yaml", file("acme", "a", ""))
		write(t, dir, "globex.yaml", file("globex", "g", ""))
		running, wrong := configfile.LoadTenants(dir, anyIdp)
		if len(running) != 2 || len(wrong) > 0 {
			t.Fatal(running, wrong)
		}
		for changed, text := range row.change {
			if text == "" {
				if err := os.Remove(filepath.Join(dir, changed+".yaml")); err != nil {
					t.Fatal(err)
				}
				continue
			}
			write(t, dir, changed+".yaml", text)
		}
		all, problems := read(dir, anyIdp, "", running)
		var got, bad []string
		for _, one := range all {
			got = append(got, one.Tenant+":"+one.Realm)
		}
		for _, p := range problems {
			if base := strings.TrimSuffix(filepath.Base(p.File), ".yaml"); len(bad) == 0 || bad[len(bad)-1] != base {
				bad = append(bad, base)
			}
		}
		if strings.Join(got, " ") != row.want || strings.Join(bad, " ") != row.wrong {
			t.Errorf("%s: %v run, %v are wrong (%v)", name, got, bad, problems)
		}
		if gone, problems := read(dir+"/none", anyIdp, "", running); len(gone) != 2 || len(problems) != 1 {
			t.Errorf("a directory that cannot be read: %v %v", gone, problems)
		}
	}
}

// A tenant that needs a public URL is not followed without one.
func TestPublicURL(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "secret", "s")
	write(t, dir, "acme.yaml", "tenant: acme\nrealm: a\nserviceAccount: {clientID: c, secretFile: secret}\noauth: {clients: [x]}\n")
	for public, want := range map[string]int{"": 0, "https://scim.example": 1} {
		if all, problems := read(dir, anyIdp, public, nil); len(all) != want || len(problems) != 1-want {
			t.Errorf("%q: %v %v", public, all, problems)
		}
	}
}
