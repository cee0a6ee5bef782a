package tokens_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/tokens"

	"pgregory.net/rapid"
)

func TestMintRefuses(t *testing.T) {
	random := func() *bytes.Reader { return bytes.NewReader(make([]byte, 32)) }
	for _, bad := range [][2]string{
		{"Acme", "k1"}, {"a_b", "k1"}, {"-a", "k1"}, {"a-", "k1"}, {"", "k1"}, {"é", "k1"}, {"acme\n", "k1"}, {strings.Repeat("a", 64), "k1"},
		{"acme", "K1"}, {"acme", ""}, {"acme", "k-1"}, {"acme", "k_1"}, {"acme", strings.Repeat("k", 17)}, {mint(t, "acme", "k1").Reveal(), "k1"},
	} {
		token, err := tokens.Mint(random(), bad[0], bad[1])
		if !errors.Is(err, tokens.ErrName) || token.Reveal() != "" {
			t.Errorf("%q was minted: %v", bad, err)
		}
		if err != nil && strings.Contains(err.Error(), "kscim_") {
			t.Errorf("the error tells what was given: %v", err)
		}
	}
	for _, good := range [][2]string{{"a", "k"}, {"7", "1"}, {strings.Repeat("a", 63), strings.Repeat("k", 16)}, {"a--b", "k1"}} {
		if _, err := tokens.Mint(random(), good[0], good[1]); err != nil {
			t.Errorf("%q was refused: %v", good, err)
		}
	}
	if token, err := tokens.Mint(bytes.NewReader(make([]byte, 31)), "acme", "k1"); err == nil || token.Reveal() != "" {
		t.Error("minted without enough random bits")
	}
}

// Tokens are in use: their form can never change.
func TestForm(t *testing.T) {
	rising := make([]byte, 32)
	for i := range rising {
		rising[i] = byte(i)
	}
	for _, c := range []struct {
		random []byte
		want   string
	}{
		{bytes.Repeat([]byte{0}, 32), "kscim_globex-2_k1_00000000000000000000000000000000000000000000HJvYl"},
		{rising, "kscim_globex-2_k1_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf0cwBMt"},
		{bytes.Repeat([]byte{0xff}, 32), "kscim_globex-2_k1_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1317dTT"},
	} {
		token, err := tokens.Mint(bytes.NewReader(c.random), "globex-2", "k1")
		if err != nil || token.Reveal() != c.want {
			t.Errorf("%s %v, want %s", token.Reveal(), err, c.want)
		}
		if again, err := tokens.Read(c.want); err != nil || again.Reveal() != c.want || again.SHA256() != token.SHA256() {
			t.Errorf("%s is not read back: %v", c.want, err)
		}
	}
}

// A token with one wrong, missing or doubled character, or with two neighbours swapped, is refused
// without a look-up.
func TestTypingMistakes(t *testing.T) {
	text := mint(t, "globex-2", "k1").Reveal()
	refused := func(mistake string) {
		t.Helper()
		if _, _, err := tokens.Parse(mistake); mistake != text && !errors.Is(err, tokens.ErrMalformed) {
			t.Errorf("%q was parsed instead of %q", mistake, text)
		}
	}
	for i := range text {
		for c := byte(' '); c < 0x7f; c++ {
			refused(text[:i] + string(c) + text[i+1:])
		}
		refused(text[:i] + text[i+1:])
		refused(text[:i+1] + text[i:])
		if i > 0 {
			refused(text[:i-1] + text[i:i+1] + text[i-1:i] + text[i+1:])
		}
	}
}

func TestMintAndRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant := rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`).Draw(t, "tenant")
		key := rapid.StringMatching(`[a-z0-9]{1,16}`).Draw(t, "key")
		random := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "random")
		token, err := tokens.Mint(bytes.NewReader(random), tenant, key)
		if err != nil {
			t.Fatal(err)
		}
		gotTenant, gotKey, err := tokens.Parse(token.Reveal())
		if err != nil || gotTenant != tenant || gotKey != key {
			t.Fatalf("%q %q %v", gotTenant, gotKey, err)
		}
	})
}

func TestTokenHidesItself(t *testing.T) {
	token := mint(t, "acme", "k1")
	type holder struct {
		Shown  tokens.Token
		hidden tokens.Token
	}
	h := holder{token, token}
	var logged bytes.Buffer
	options := &slog.HandlerOptions{}
	slog.New(slog.NewJSONHandler(&logged, options)).Info("x", "t", token, "h", h, "p", &token)
	slog.New(slog.NewTextHandler(&logged, options)).Info("x", "t", token, "h", h, "p", &token)
	for _, want := range []string{`"t":"<secret>"`, `"p":"<secret>"`, "t=<secret>", "p=<secret>"} {
		if !strings.Contains(logged.String(), want) {
			t.Errorf("%s is not in %s", want, logged.String())
		}
	}
	shown := []string{logged.String(), token.String()}
	for _, value := range []any{token, &token, h, &h, []tokens.Token{token}, map[string]any{"t": token}, any(h.hidden)} {
		for verb := 'A'; verb <= 'z'; verb++ {
			for _, flags := range []string{"", "+", "#", "010"} {
				shown = append(shown, fmt.Sprintf("%"+flags+string(verb), value))
			}
		}
		j, err := json.Marshal(value)
		if err != nil {
			t.Error(err)
		}
		shown = append(shown, string(j))
	}
	x, err := xml.Marshal(token)
	shown = append(shown, string(x))
	if err != nil {
		t.Error(err)
	}
	text := token.Reveal()
	for _, s := range shown {
		for _, form := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), text[len(text)-20:]} {
			if strings.Contains(s, form) {
				t.Error(s)
			}
		}
	}
	if got := fmt.Sprintf("%v %s %q %d %x %#v", token, token, token, token, token, token); got != strings.Repeat(" <secret>", 6)[1:] {
		t.Error(got)
	}
}

func TestZeroToken(t *testing.T) {
	var token tokens.Token
	if token.Reveal() != "" || fmt.Sprint(token) != "<secret>" {
		t.Error(token.Reveal(), token)
	}
}

func TestTokensDiffer(t *testing.T) {
	a, b := mint(t, "acme", "k1").Reveal(), mint(t, "acme", "k1").Reveal()
	if a == b || len(a) != len(b) {
		t.Errorf("%d and %d characters, equal: %v", len(a), len(b), a == b)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(mint(f, "acme", "k1").Reveal())
	f.Add(mint(f, "globex-2", "0").Reveal())
	f.Add("kscim__k1_")
	f.Add("kscim_a-_k1_")
	f.Fuzz(func(t *testing.T, text string) {
		tenant, key, err := tokens.Parse(text)
		token, again := tokens.Read(text)
		if (err == nil) != (again == nil) {
			t.Fatalf("%q: %v, %v", text, err, again)
		}
		if err != nil {
			if !errors.Is(err, tokens.ErrMalformed) || tenant+key+token.Reveal() != "" {
				t.Fatalf("%q: %q %q %v", text, tenant, key, err)
			}
			return
		}
		if token.Reveal() != text || !strings.HasPrefix(text, "kscim_"+tenant+"_"+key+"_") || strings.Contains(tenant+key, "_") {
			t.Errorf("%q: %q %q %q", text, tenant, key, token.Reveal())
		}
	})
}
