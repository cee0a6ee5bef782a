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
	// maxTokenLen is the length of a token with the longest tenant, 63 characters, and the longest
	// key id, 16.
	maxTokenLen = len(prefix) + 63 + len("_") + 16 + len("_") + secretLen + checksumLen
)

var (
	// ErrMalformed means that a text is not a token: its form or its checksum is wrong.
	ErrMalformed = errors.New("tokens: malformed token")
	// ErrName means that a tenant or a key id cannot be part of a token.
	ErrName = errors.New("tokens: a tenant has up to 63 characters of a-z, 0-9 and inner hyphens, a key id up to 16 of a-z and 0-9")
)

// syntax is unambiguous, because a tenant and a key id contain no underscore.
var syntax = regexp.MustCompile(`^kscim_([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)_([a-z0-9]{1,16})_([0-9A-Za-z]{49})$`)

// Mint makes a new token of a tenant with a key id. random must be cryptographically strong. The
// error is ErrName, or that of random.
func Mint(random io.Reader, tenant, keyID string) (Token, error) {
	var secret [secretBytes]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return Token{}, fmt.Errorf("random bits for a token: %w", err)
	}
	body := prefix + tenant + "_" + keyID + "_" + base62(new(big.Int).SetBytes(secret[:]), secretLen)
	text := body + checksum(body)
	if _, _, err := Parse(text); err != nil {
		return Token{}, ErrName // without the names: one may be a token, given by mistake
	}
	return newToken(text), nil
}

// Parse reads the tenant and the key id from a token, and checks its form and checksum. It does not
// check whether the token is valid. The error is ErrMalformed.
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

// Read makes a Token from its text. The error is ErrMalformed.
func Read(text string) (Token, error) {
	if _, _, err := Parse(text); err != nil {
		return Token{}, err
	}
	return newToken(text), nil
}

// checksum is computed as in GitHub's tokens, so that secret scanners can tell tokens from similar
// texts.
func checksum(body string) string {
	return base62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(body)))), checksumLen)
}

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// base62 formats a number with leading zeros. It changes n.
func base62(n *big.Int, width int) string {
	out := []byte(strings.Repeat("0", width))
	base, rest := big.NewInt(int64(len(digits))), new(big.Int)
	for i := width - 1; n.Sign() > 0 && i >= 0; i-- {
		n.DivMod(n, base, rest)
		out[i] = digits[rest.Int64()]
	}
	return string(out)
}
