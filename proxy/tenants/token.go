package tenants

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/big"
	"regexp"
	"strings"
)

const (
	prefix       = "kscim_"
	secretBytes  = 32
	secretLen    = 43 // base 62 digits of 256 bits
	checksumLen  = 6  // base 62 digits of 32 bits
	maxTokenSize = 256
)

// ErrMalformed says that a text is no token: wrong form, or a checksum that does not fit.
var ErrMalformed = errors.New("tenants: malformed token")

var syntax = regexp.MustCompile(`^kscim_([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)_([a-z0-9]{1,16})_([0-9A-Za-z]{49})$`)

// Token is a bearer token in full. It prints as <secret>; Reveal is the only way to its text.
type Token struct{ text string }

// Reveal is the text to hand to the tenant, once.
func (t Token) Reveal() string { return t.text }

// String hides the token.
func (Token) String() string { return "<secret>" }

// GoString hides the token.
func (Token) GoString() string { return "<secret>" }

// MarshalText hides the token.
func (Token) MarshalText() ([]byte, error) { return []byte("<secret>"), nil }

// SHA256 is what is configured for the token.
func (t Token) SHA256() [sha256.Size]byte { return sha256.Sum256([]byte(t.text)) }

// Mint makes a new token of a tenant under a key id. Random must be cryptographically strong.
func Mint(random io.Reader, tenant, keyID string) (Token, error) {
	var secret [secretBytes]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return Token{}, fmt.Errorf("random bits for a token: %w", err)
	}
	body := prefix + tenant + "_" + keyID + "_" + base62(new(big.Int).SetBytes(secret[:]), secretLen)
	t := Token{body + checksum(body)}
	if _, _, err := Parse(t.text); err != nil {
		return Token{}, fmt.Errorf("tenant %q or key id %q cannot be part of a token", tenant, keyID)
	}
	return t, nil
}

// Parse reads the tenant and the key id of a token whose checksum fits. It proves nothing.
func Parse(text string) (tenant, keyID string, err error) {
	if len(text) > maxTokenSize {
		return "", "", ErrMalformed
	}
	m := syntax.FindStringSubmatch(text)
	if m == nil || checksum(text[:len(text)-checksumLen]) != text[len(text)-checksumLen:] {
		return "", "", ErrMalformed
	}
	return m[1], m[2], nil
}

// Read takes a token back that was revealed.
func Read(text string) (Token, error) {
	_, _, err := Parse(text)
	return Token{text}, err
}

func checksum(body string) string {
	return base62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(body)))), checksumLen)
}

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// base62 writes a number with leading zeros.
func base62(n *big.Int, width int) string {
	out := []byte(strings.Repeat("0", width))
	base, rest := big.NewInt(int64(len(digits))), new(big.Int)
	for i := width - 1; n.Sign() > 0 && i >= 0; i-- {
		n, rest = new(big.Int).DivMod(n, base, new(big.Int))
		out[i] = digits[rest.Int64()]
	}
	return string(out)
}
