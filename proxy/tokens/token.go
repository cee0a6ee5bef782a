package tokens

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
)

// hidden is the text that stands for a token in output.
const hidden = "<secret>"

// Token is a whole bearer token. Printed, logged or encoded, it is <secret>; only Reveal returns
// its text. The text is behind a function, because fmt and libraries that dump values read
// unexported fields without calling their methods.
type Token struct{ reveal func() string }

func newToken(text string) Token { return Token{func() string { return text }} }

// Reveal returns the text, to be shown to the tenant once. It is empty for the zero Token.
func (t Token) Reveal() string {
	if t.reveal == nil {
		return ""
	}
	return t.reveal()
}

// SHA256 returns the hash of the text, which is configured for the token.
func (t Token) SHA256() [sha256.Size]byte { return sha256.Sum256([]byte(t.Reveal())) }

// String hides the token.
func (Token) String() string { return hidden }

// Format hides the token for every verb; String does not cover %d.
func (Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText hides the token in JSON, YAML and XML.
func (Token) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue hides the token in log/slog.
func (Token) LogValue() slog.Value { return slog.StringValue(hidden) }
