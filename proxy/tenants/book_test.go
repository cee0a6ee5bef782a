package tenants_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/tenants"
)

func mint(t testing.TB, tenant, key string) tenants.Token {
	t.Helper()
	token, err := tenants.Mint(rand.Reader, tenant, key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestWho(t *testing.T) {
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	acme, next, old, globex := mint(t, "acme", "k1"), mint(t, "acme", "k2"), mint(t, "acme", "k0"), mint(t, "globex-2", "k1")
	book := tenants.NewBook([]tenants.Entry{
		{Tenant: "acme", KeyID: "k1", SHA256: acme.SHA256()},
		{Tenant: "acme", KeyID: "k2", SHA256: next.SHA256()},
		{Tenant: "acme", KeyID: "k0", SHA256: old.SHA256(), Expires: now},
		{Tenant: "globex-2", KeyID: "k1", SHA256: globex.SHA256(), Expires: now.Add(1)},
		{Tenant: "swapped", KeyID: "k1", SHA256: acme.SHA256()},
		{Tenant: "empty", KeyID: "k1"},
	})
	for _, c := range []struct {
		name, text, tenant, key string
		err                     error
	}{
		{"right", acme.Reveal(), "acme", "k1", nil},
		{"second key of a tenant", next.Reveal(), "acme", "k2", nil},
		{"right until it expires", globex.Reveal(), "globex-2", "k1", nil},
		{"expired", old.Reveal(), "", "", tenants.ErrExpired},
		{"another secret", mint(t, "acme", "k1").Reveal(), "", "", tenants.ErrUnknown},
		{"another secret of an expired key", mint(t, "acme", "k0").Reveal(), "", "", tenants.ErrUnknown},
		{"unknown key", mint(t, "acme", "k9").Reveal(), "", "", tenants.ErrUnknown},
		{"unknown tenant", mint(t, "nobody", "k1").Reveal(), "", "", tenants.ErrUnknown},
		{"tenant with another's hash", mint(t, "swapped", "k1").Reveal(), "", "", tenants.ErrUnknown},
		{"tenant without a hash", mint(t, "empty", "k1").Reveal(), "", "", tenants.ErrUnknown},
		{"other tenant's name", strings.Replace(acme.Reveal(), "acme", "swapped", 1), "", "", tenants.ErrMalformed},
		{"space around it", " " + acme.Reveal(), "", "", tenants.ErrMalformed},
		{"line end", acme.Reveal() + "\n", "", "", tenants.ErrMalformed},
		{"hash instead of the token", strings.Repeat("0", 64), "", "", tenants.ErrMalformed},
		{"empty", "", "", "", tenants.ErrMalformed},
		{"long", strings.Repeat("k", 1<<20), "", "", tenants.ErrMalformed},
	} {
		tenant, key, err := book.Who(c.text, now)
		if tenant != c.tenant || key != c.key || !errors.Is(err, c.err) {
			t.Errorf("%s: %q %q %v", c.name, tenant, key, err)
		}
		if err != nil && c.text != "" && strings.Contains(err.Error(), strings.TrimSpace(c.text)) {
			t.Errorf("%s: the error tells the token", c.name)
		}
	}
}

func TestEmptyBook(t *testing.T) {
	if _, _, err := tenants.NewBook(nil).Who(mint(t, "acme", "k1").Reveal(), time.Time{}); !errors.Is(err, tenants.ErrUnknown) {
		t.Error(err)
	}
}

func TestLaterEntryWins(t *testing.T) {
	first, second := mint(t, "acme", "k1"), mint(t, "acme", "k1")
	entries := []tenants.Entry{{Tenant: "acme", KeyID: "k1", SHA256: first.SHA256()}, {Tenant: "acme", KeyID: "k1", SHA256: second.SHA256()}}
	book := tenants.NewBook(entries)
	entries[1] = tenants.Entry{}
	if _, _, err := book.Who(first.Reveal(), time.Time{}); !errors.Is(err, tenants.ErrUnknown) {
		t.Error(err)
	}
	if tenant, _, err := book.Who(second.Reveal(), time.Time{}); tenant != "acme" {
		t.Error(tenant, err)
	}
}

func BenchmarkWho(b *testing.B) {
	token := mint(b, "acme", "k1")
	book := tenants.NewBook([]tenants.Entry{{Tenant: "acme", KeyID: "k1", SHA256: token.SHA256()}})
	text := token.Reveal()
	for b.Loop() {
		if _, _, err := book.Who(text, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}
