package tokens

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
)

// hidden is how a token prints.
const hidden = "<secret>"

// Token is a bearer token in full. However it is printed, logged or encoded, it is <secret>; Reveal is the only way to its text.
// The text stands behind a function because fmt and every library that dumps values read unexported fields without asking their methods.
type Token struct{ reveal func() string }

func newToken(text string) Token { return Token{func() string { return text }} }

// Reveal is the text to hand to the tenant, once. It is empty for the zero Token.
func (t Token) Reveal() string {
	if t.reveal == nil {
		return ""
	}
	return t.reveal()
}

// SHA256 is what is configured for the token.
func (t Token) SHA256() [sha256.Size]byte { return sha256.Sum256([]byte(t.Reveal())) }

// String hides the token.
func (Token) String() string { return hidden }

// Format hides the token under every verb; String alone would not cover %d.
func (Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText hides the token in JSON, YAML and XML.
func (Token) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue hides the token in log/slog.
func (Token) LogValue() slog.Value { return slog.StringValue(hidden) }
