package tenantfile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/config/tenantfile"
)

// background is the context of a process that is killed.
var background = context.Background()

func known(name string) bool { return name == "generic" || name == "entra" }

func sum(digit string) string { return strings.Repeat(digit, 64) }

func day(text string) (d config.Date) {
	if err := d.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return d
}

func directory(t *testing.T) tenantfile.Dir {
	t.Helper()
	return tenantfile.Dir{Path: t.TempDir(), Known: known}
}

// onlyToken is the end of its file.
var onlyToken = "tokens:\n  - {id: k1, sha256: \"" + sum("1") + "\", created: 2026-11-25, expires: 2027-02-23T12:00:00Z}\n"

// acme is a tenant whose secret is written.
func acme(t *testing.T, d tenantfile.Dir) config.Tenant {
	t.Helper()
	if err := d.WriteSecret(t.Context(), "acme.secret", "s3cret"); err != nil {
		t.Fatal(err)
	}
	return acmeTenant()
}

func acmeTenant() config.Tenant {
	a := config.DefaultTenant()
	a.Tenant, a.Realm, a.Group, a.IDP = "acme", "saas", "acme", "entra"
	a.ServiceAccount = config.ServiceAccount{ClientID: "scim-acme", SecretFile: "acme.secret"}
	a.Tokens = []config.Token{{ID: "k1", SHA256: sum("1"), Created: day("2026-11-25"), Expires: day("2027-02-23T12:00:00Z")}}
	return a
}

func created(t *testing.T) (tenantfile.Dir, string) {
	t.Helper()
	d := directory(t)
	path, err := d.Create(t.Context(), acme(t, d))
	if err != nil {
		t.Fatal(err)
	}
	return d, path
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCreate(t *testing.T) {
	d, path := created(t)
	want := `# A tenant of scim-proxy. docs/configuration.md describes all keys; those that are not here have
# their defaults.
tenant: acme
realm: saas

# The account reaches only this group of the realm.
group: acme

# The dialect of the identity provider: docs/idps.md.
idp: entra

# The client that acts for the tenant in Keycloak.
serviceAccount: {clientID: scim-acme, secretFile: acme.secret}

# The bearer tokens of the identity provider, by their SHA-256. New ones: scim-proxy tenant rotate.
tokens:
  - {id: k1, sha256: "` + sum("1") + `", created: 2026-11-25, expires: 2027-02-23T12:00:00Z}
`
	if diff := cmp.Diff(want, read(t, path)); diff != "" {
		t.Error(diff)
	}
	for name, most := range map[string]os.FileMode{path: 0o644, filepath.Join(d.Path, "acme.secret"): 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm()&^most != 0 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if secret := read(t, filepath.Join(d.Path, "acme.secret")); secret != "s3cret\n" {
		t.Errorf("%q", secret)
	}
	found, err := d.Find("acme")
	if err != nil || found.Path != path || len(found.Problems) > 0 || found.Tenant.Tokens[0].Expires != day("2027-02-23T12:00:00Z") {
		t.Errorf("%+v %v", found, err)
	}
	if _, err := d.Find("globex"); !errors.Is(err, tenantfile.ErrNoTenant) {
		t.Error(err)
	}
}

// A tenant that the proxy would not serve gets no file, and nothing is overwritten.
func TestCreateRefuses(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*config.Tenant)
		want   string
	}{
		{"a dialect that does not exist", func(t *config.Tenant) { t.Tenant, t.IDP = "globex", "x" }, "idp: there is no such dialect"},
		{"no secret", func(t *config.Tenant) { t.Tenant, t.ServiceAccount.SecretFile = "globex", "none" }, "serviceAccount.secretFile: there is no such file"},
		{"no name", func(t *config.Tenant) { t.Tenant = "" }, "tenant: is required"},
		{"another directory", func(t *config.Tenant) { t.Tenant = "../../etc/globex" }, "tenant: must be lower-case letters"},
		{"the group of another tenant", func(t *config.Tenant) { t.Tenant, t.Group = "globex", "ACME" }, "group: is also the group of acme.yaml"},
		{"there already", func(*config.Tenant) {}, "acme.yaml is there already"},
		{"no text", func(t *config.Tenant) { t.Tenant, t.Group, t.ServiceAccount.ClientID = "globex", "\xff", "scim-globex" }, "characters that cannot be written"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d, path := created(t)
			before := read(t, path)
			new := acme(t, d)
			row.change(&new)
			if _, err := d.Create(t.Context(), new); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Error(err)
			}
			if files, err := d.List(); err != nil || len(files) != 1 || read(t, path) != before {
				t.Errorf("%v %v", files, err)
			}
		})
	}
}

// Every value that the configuration accepts is read as it was written.
func TestCreateWritesWhatIsRead(t *testing.T) {
	dir := t.TempDir()
	d := tenantfile.Dir{Path: dir, Known: known}
	rapid.Check(t, func(r *rapid.T) {
		want := config.DefaultTenant()
		word := rapid.OneOf(rapid.StringMatching(`[ -~äß漢]{1,12}`), rapid.SampledFrom([]string{"true", "No", "1e10", "0x1F", "null", "~", "- a", "a: b", "a #b", "{", "2026-01-01", "é"}))
		want.Tenant, want.Realm = "acme", word.Draw(r, "realm")
		want.Group = rapid.OneOf(rapid.Just(""), word).Draw(r, "group")
		want.SharedRealm = rapid.Bool().Draw(r, "shared")
		want.MembersShown = rapid.IntRange(0, 1000).Draw(r, "shown")
		want.ServiceAccount = config.ServiceAccount{ClientID: word.Draw(r, "client"), SecretEnv: "PATH"}
		want.Tokens = []config.Token{{ID: "k1", SHA256: rapid.SampledFrom([]string{sum("1"), sum("e"), strings.Repeat("0", 61) + "1e5"}).Draw(r, "hash")}}
		want.Extensions = []config.Extension{{URN: "urn:x-acme:a", Name: word.Draw(r, "name"), Attributes: []config.ExtensionAttribute{{Name: "badge", MultiValued: rapid.Bool().Draw(r, "multi"), Description: word.Draw(r, "description")}}}}
		path, err := d.Create(t.Context(), want)
		if problems, ok := errors.AsType[configfile.Problems](err); ok {
			for _, p := range problems {
				if p.Path != "realm" && p.Path != "group" {
					r.Fatal(err)
				}
			}
			return
		}
		if err != nil {
			r.Fatal(err)
		}
		found, err := d.Find("acme")
		if diff := cmp.Diff(want, found.Tenant); diff != "" || err != nil || d.Remove(t.Context(), path) != nil {
			r.Fatal(diff, err)
		}
	})
}

func TestEdit(t *testing.T) {
	later := day("2027-01-01").Time
	for _, row := range []struct {
		name    string
		changes []tenantfile.Change
		from    string
		to      string
	}{
		{"a token", []tenantfile.Change{tenantfile.AddToken(config.Token{ID: "k2", SHA256: sum("2"), Created: day("2026-12-01")})},
			"12:00:00Z}\n", "12:00:00Z}\n  - {id: k2, sha256: \"" + sum("2") + "\", created: 2026-12-01}\n"},
		{"an expiry", []tenantfile.Change{tenantfile.SetExpiry("k1", later)}, "2027-02-23T12:00:00Z", "2027-01-01"},
		{"no expiry", []tenantfile.Change{tenantfile.SetExpiry("k1", time.Time{})}, ", expires: 2027-02-23T12:00:00Z", ""},
		{"a token goes", []tenantfile.Change{tenantfile.RemoveToken("k1")}, onlyToken, "tokens: []\n"},
		{"a new key", []tenantfile.Change{tenantfile.Set("membersShown", 5)}, "12:00:00Z}\n", "12:00:00Z}\nmembersShown: 5\n"},
		{"a value", []tenantfile.Change{tenantfile.Set("idp", "generic")}, "idp: entra", "idp: generic"},
		{"the default", []tenantfile.Change{tenantfile.Set("idp", nil)}, "idp: entra\n", ""},
		{"several changes", []tenantfile.Change{tenantfile.SetExpiry("k1", later), tenantfile.AddToken(config.Token{ID: "k2", SHA256: sum("2")}), tenantfile.RemoveToken("k2")},
			"2027-02-23T12:00:00Z", "2027-01-01"},
		{"nothing", nil, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			d, path := created(t)
			before := read(t, path)
			if err := os.Chmod(path, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := d.Edit(t.Context(), path, row.changes...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Replace(before, row.from, row.to, 1), read(t, path)); diff != "" {
				t.Error(diff)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o666 {
				t.Error(info.Mode(), err)
			}
		})
	}
}

// A change that would make the file worse leaves the old one.
func TestEditRefuses(t *testing.T) {
	for _, row := range []struct {
		name   string
		change tenantfile.Change
		want   string
	}{
		{"a key that is there", tenantfile.AddToken(config.Token{ID: "k1", SHA256: sum("2")}), "there is a key k1 already"},
		{"a hash that is there", tenantfile.AddToken(config.Token{ID: "k2", SHA256: sum("1")}), "tokens[1].sha256: is used twice"},
		{"no such key to remove", tenantfile.RemoveToken("k9"), "the tenant acme has no key k9"},
		{"no such key to expire", tenantfile.SetExpiry("k9", time.Time{}), "the tenant acme has no key k9"},
		{"expired before it was made", tenantfile.SetExpiry("k1", day("2020-01-01").Time), "tokens[0].expires: must be after created"},
		{"an unknown key", tenantfile.Set("idpp", "entra"), "idpp: unknown key"},
		{"a value that is not allowed", tenantfile.Set("idp", "x"), "idp: there is no such dialect"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d, path := created(t)
			before := read(t, path)
			err := d.Edit(t.Context(), path, tenantfile.Set("membersShown", 7), row.change)
			if err == nil || !strings.Contains(err.Error(), row.want) || read(t, path) != before {
				t.Errorf("%v\n%s", err, read(t, path))
			}
		})
	}
}

// A file that is bad for another reason can be changed: a token must be revocable although a secret
// is missing here, or another token is wrong.
func TestEditOfABadFile(t *testing.T) {
	d, path := created(t)
	bad := strings.Replace(read(t, path), "acme.secret", "gone.secret", 1) + "  - {id: k2, sha256: ab}\n"
	if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Edit(t.Context(), path, tenantfile.RemoveToken("k1")); err != nil || strings.Contains(read(t, path), "k1") {
		t.Errorf("%v\n%s", err, read(t, path))
	}
}

// Concurrent changes are all made.
func TestConcurrentEdits(t *testing.T) {
	d, path := created(t)
	ids := "abcdefgh"
	var all sync.WaitGroup
	for _, r := range ids {
		all.Go(func() {
			token := config.Token{ID: string(r), SHA256: strings.Repeat("0123456789abcdef"[r-'a':r-'a'+1], 63) + "f"}
			if err := d.Edit(t.Context(), path, tenantfile.AddToken(token)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	found, err := d.Find("acme")
	if err != nil || len(found.Tenant.Tokens) != 1+len(ids) {
		t.Errorf("%v %v", found.Tenant.Tokens, err)
	}
}

// A caller that does not want to wait is not kept waiting.
func TestCancelled(t *testing.T) {
	d, path := created(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Edit(ctx, path, tenantfile.Set("membersShown", 7)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
