package tokens

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/big"
	"regexp"
	"strings"
)

const (
	prefix      = "kscim_"
	secretBytes = 32
	secretLen   = 43 // base 62 digits of 256 bits
	checksumLen = 6  // base 62 digits of 32 bits
	// maxTokenLen bounds what is looked at: the longest tenant has 63 characters, the longest key id 16.
	maxTokenLen = len(prefix) + 63 + len("_") + 16 + len("_") + secretLen + checksumLen
)

var (
	// ErrMalformed says that a text is no token: wrong form, or a checksum that does not fit.
	ErrMalformed = errors.New("tokens: malformed token")
	// ErrName says that a tenant or a key id cannot be part of a token.
	ErrName = errors.New("tokens: a tenant is up to 63 of a-z, 0-9 and inner hyphens, a key id up to 16 of a-z and 0-9")
)

// syntax has no ambiguity: a tenant and a key id contain no underscore.
var syntax = regexp.MustCompile(`^kscim_([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)_([a-z0-9]{1,16})_([0-9A-Za-z]{49})$`)

// Mint makes a new token of a tenant under a key id. Random must be cryptographically strong.
func Mint(random io.Reader, tenant, keyID string) (Token, error) {
	var secret [secretBytes]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return Token{}, fmt.Errorf("random bits for a token: %w", err)
	}
	body := prefix + tenant + "_" + keyID + "_" + base62(new(big.Int).SetBytes(secret[:]), secretLen)
	text := body + checksum(body)
	if _, _, err := Parse(text); err != nil {
		return Token{}, ErrName // the names are not told: somebody may have given a token for a name
	}
	return newToken(text), nil
}

// Parse reads the tenant and the key id of a token whose checksum fits. It proves nothing. The error is ErrMalformed.
func Parse(text string) (tenant, keyID string, err error) {
	if len(text) > maxTokenLen {
		return "", "", ErrMalformed
	}
	m := syntax.FindStringSubmatch(text)
	if m == nil || checksum(text[:len(text)-checksumLen]) != text[len(text)-checksumLen:] {
		return "", "", ErrMalformed
	}
	return m[1], m[2], nil
}

// Read takes a token back that was revealed. The error is ErrMalformed.
func Read(text string) (Token, error) {
	if _, _, err := Parse(text); err != nil {
		return Token{}, err
	}
	return newToken(text), nil
}

// checksum is made as GitHub makes that of its tokens, so that secret scanners can tell a token from a text that looks like one.
func checksum(body string) string {
	return base62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(body)))), checksumLen)
}

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// base62 writes a number with leading zeros. It uses up n.
func base62(n *big.Int, width int) string {
	out := []byte(strings.Repeat("0", width))
	base, rest := big.NewInt(int64(len(digits))), new(big.Int)
	for i := width - 1; n.Sign() > 0 && i >= 0; i-- {
		n.DivMod(n, base, rest)
		out[i] = digits[rest.Int64()]
	}
	return string(out)
}
