package tenants_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
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
	acme, old, globex := mint(t, "acme", "k1"), mint(t, "acme", "k0"), mint(t, "globex-2", "k1")
	stranger := mint(t, "acme", "k1")
	book := tenants.NewBook([]tenants.Entry{
		{Tenant: "acme", KeyID: "k1", SHA256: acme.SHA256()},
		{Tenant: "acme", KeyID: "k0", SHA256: old.SHA256(), Expires: now},
		{Tenant: "globex-2", KeyID: "k1", SHA256: globex.SHA256(), Expires: now.Add(time.Second)},
	})
	for _, c := range []struct {
		name, text, tenant string
		err                error
	}{
		{"right", acme.Reveal(), "acme", nil},
		{"right until it expires", globex.Reveal(), "globex-2", nil},
		{"expired", old.Reveal(), "", tenants.ErrExpired},
		{"another secret", stranger.Reveal(), "", tenants.ErrUnknown},
		{"unknown tenant", mint(t, "nobody", "k1").Reveal(), "", tenants.ErrUnknown},
		{"typing mistake", acme.Reveal()[:len(acme.Reveal())-1] + "!", "", tenants.ErrMalformed},
		{"other tenant's name", strings.Replace(acme.Reveal(), "acme", "acmf", 1), "", tenants.ErrMalformed},
		{"empty", "", "", tenants.ErrMalformed},
		{"long", strings.Repeat("k", 1<<20), "", tenants.ErrMalformed},
	} {
		tenant, _, err := book.Who(c.text, now)
		if tenant != c.tenant || !errors.Is(err, c.err) {
			t.Errorf("%s: %q %v", c.name, tenant, err)
		}
		if err != nil && len(c.text) > 10 && strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: the error tells the token", c.name)
		}
	}
}

func TestMint(t *testing.T) {
	for _, bad := range [][2]string{{"Acme", "k1"}, {"a_b", "k1"}, {"-a", "k1"}, {"acme", "K1"}, {"acme", ""}, {"", "k1"}} {
		if _, err := tenants.Mint(rand.Reader, bad[0], bad[1]); err == nil {
			t.Errorf("%v was minted", bad)
		}
	}
	if _, err := tenants.Mint(bytes.NewReader(nil), "acme", "k1"); err == nil {
		t.Error("minted without random bits")
	}
	if a, b := mint(t, "acme", "k1"), mint(t, "acme", "k1"); a == b || len(a.Reveal()) != len(b.Reveal()) {
		t.Error("tokens are equal, or of different length")
	}
}

func TestTokenHidesItself(t *testing.T) {
	token := mint(t, "acme", "k1")
	j, err := json.Marshal(map[string]any{"t": token})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(token), fmt.Sprintf("%v %+v %#v %s %q", token, token, token, token, token), string(j)} {
		if strings.Contains(shown, token.Reveal()) {
			t.Error(shown)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(mint(f, "acme", "k1").Reveal())
	f.Add("kscim__k1_")
	f.Fuzz(func(t *testing.T, text string) {
		tenant, key, err := tenants.Parse(text)
		if err == nil && !strings.HasPrefix(text, "kscim_"+tenant+"_"+key+"_") {
			t.Errorf("%q: %q %q", text, tenant, key)
		}
	})
}
