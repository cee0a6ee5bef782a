package tokens_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/tokens"
)

func mint(t testing.TB, tenant, key string) tokens.Token {
	t.Helper()
	token, err := tokens.Mint(rand.Reader, tenant, key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestWho(t *testing.T) {
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	gone, later := mint(t, "acme", "r1"), mint(t, "acme", "r2")
	acme, next, old, globex := mint(t, "acme", "k1"), mint(t, "acme", "k2"), mint(t, "acme", "k0"), mint(t, "globex-2", "k1")
	book := tokens.NewSet([]tokens.Entry{
		{Tenant: "acme", KeyID: "k1", SHA256: acme.SHA256()},
		{Tenant: "acme", KeyID: "k2", SHA256: next.SHA256()},
		{Tenant: "acme", KeyID: "k0", SHA256: old.SHA256(), Expires: now},
		{Tenant: "acme", KeyID: "r1", SHA256: gone.SHA256(), Revoked: now, Expires: now},
		{Tenant: "acme", KeyID: "r2", SHA256: later.SHA256(), Revoked: now.Add(1)},
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
		{"expired", old.Reveal(), "acme", "k0", tokens.ErrExpired},
		{"revoked", gone.Reveal(), "acme", "r1", tokens.ErrRevoked},
		{"right until it is revoked", later.Reveal(), "acme", "r2", nil},
		{"another secret of a revoked key", mint(t, "acme", "r1").Reveal(), "", "", tokens.ErrUnknown},
		{"another secret", mint(t, "acme", "k1").Reveal(), "", "", tokens.ErrUnknown},
		{"another secret of an expired key", mint(t, "acme", "k0").Reveal(), "", "", tokens.ErrUnknown},
		{"unknown key", mint(t, "acme", "k9").Reveal(), "", "", tokens.ErrUnknown},
		{"unknown tenant", mint(t, "nobody", "k1").Reveal(), "", "", tokens.ErrUnknown},
		{"tenant with another's hash", mint(t, "swapped", "k1").Reveal(), "", "", tokens.ErrUnknown},
		{"tenant without a hash", mint(t, "empty", "k1").Reveal(), "", "", tokens.ErrUnknown},
		{"other tenant's name", strings.Replace(acme.Reveal(), "acme", "swapped", 1), "", "", tokens.ErrMalformed},
		{"space around it", " " + acme.Reveal(), "", "", tokens.ErrMalformed},
		{"line end", acme.Reveal() + "\n", "", "", tokens.ErrMalformed},
		{"hash instead of the token", strings.Repeat("0", 64), "", "", tokens.ErrMalformed},
		{"empty", "", "", "", tokens.ErrMalformed},
		{"long", strings.Repeat("k", 1<<20), "", "", tokens.ErrMalformed},
	} {
		tenant, key, err := book.Lookup(c.text, now)
		if tenant != c.tenant || key != c.key || !errors.Is(err, c.err) {
			t.Errorf("%s: %q %q %v", c.name, tenant, key, err)
		}
		if err != nil && c.text != "" && strings.Contains(err.Error(), strings.TrimSpace(c.text)) {
			t.Errorf("%s: the error tells the token", c.name)
		}
	}
}

func TestEmptyBook(t *testing.T) {
	if _, _, err := tokens.NewSet(nil).Lookup(mint(t, "acme", "k1").Reveal(), time.Time{}); !errors.Is(err, tokens.ErrUnknown) {
		t.Error(err)
	}
}

func TestLaterEntryWins(t *testing.T) {
	first, second := mint(t, "acme", "k1"), mint(t, "acme", "k1")
	entries := []tokens.Entry{{Tenant: "acme", KeyID: "k1", SHA256: first.SHA256()}, {Tenant: "acme", KeyID: "k1", SHA256: second.SHA256()}}
	book := tokens.NewSet(entries)
	entries[1] = tokens.Entry{}
	if _, _, err := book.Lookup(first.Reveal(), time.Time{}); !errors.Is(err, tokens.ErrUnknown) {
		t.Error(err)
	}
	if tenant, _, err := book.Lookup(second.Reveal(), time.Time{}); tenant != "acme" {
		t.Error(tenant, err)
	}
}

func BenchmarkWho(b *testing.B) {
	token := mint(b, "acme", "k1")
	book := tokens.NewSet([]tokens.Entry{{Tenant: "acme", KeyID: "k1", SHA256: token.SHA256()}})
	text := token.Reveal()
	for b.Loop() {
		if _, _, err := book.Lookup(text, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}
