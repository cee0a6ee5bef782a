package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

const (
	keySize   = 32
	keyIDSize = 8
)

// Keys are the encryption keys of a store: the first one writes, all of them read. They are
// immutable.
type Keys struct{ keys []key }

// key is derived from the material of one key. Its id names it in envelopes and reveals nothing
// about the material.
type key struct {
	id   string
	aead cipher.AEAD // prefixes a random nonce
	mac  []byte
}

// NewKeys takes keys of 32 random bytes each. The first writes.
func NewKeys(material ...[]byte) (*Keys, error) {
	if len(material) == 0 {
		return nil, errors.New("store: no encryption key")
	}
	ks := &Keys{}
	for i, m := range material {
		k, err := derive(m)
		if err != nil {
			return nil, fmt.Errorf("store: encryption key %d: %w", i+1, err)
		}
		if _, twice := ks.find(k.id); twice {
			return nil, fmt.Errorf("store: encryption key %d is given twice", i+1)
		}
		ks.keys = append(ks.keys, k)
	}
	return ks, nil
}

// LoadKeys reads one key from each file: 32 bytes as base64 or hexadecimal digits. White space
// around them is ignored.
func LoadKeys(files ...string) (*Keys, error) {
	material := make([][]byte, len(files))
	for i, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("store: encryption key: %w", err)
		}
		if material[i], err = parseKey(strings.TrimSpace(string(b))); err != nil {
			return nil, fmt.Errorf("store: encryption key %s: %w", f, err)
		}
	}
	return NewKeys(material...)
}

// String hides the keys.
func (*Keys) String() string { return "<secret>" }

// GoString hides the keys from %#v.
func (*Keys) GoString() string { return "<secret>" }

// parseKey tells the two forms apart by length: 64 digits, or 43 base64 characters and an optional
// pad. No error contains the text.
func parseKey(s string) ([]byte, error) {
	if b, err := hex.DecodeString(s); err == nil && len(b) == keySize {
		return b, nil
	}
	s = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(s), "=")
	if b, err := base64.RawStdEncoding.DecodeString(s); err == nil && len(b) == keySize {
		return b, nil
	}
	return nil, fmt.Errorf("is not %d bytes in base64 or hexadecimal", keySize)
}

func derive(material []byte) (key, error) {
	if len(material) != keySize {
		return key{}, fmt.Errorf("is %d bytes, want %d", len(material), keySize)
	}
	out, err := hkdf.Key(sha256.New, material, nil, "keycloak-scim-proxy store v1", 2*keySize+keyIDSize)
	if err != nil {
		return key{}, err
	}
	block, err := aes.NewCipher(out[:keySize])
	if err != nil {
		return key{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return key{id: string(out[2*keySize:]), aead: aead, mac: out[keySize : 2*keySize]}, err
}

// name is the id in hexadecimal digits, as it is used in record names and messages.
func (k key) name() string { return hex.EncodeToString([]byte(k.id)) }

// IDs are the ids of the keys in hexadecimal digits, in the order of the keys.
func (ks *Keys) IDs() []string {
	out := make([]string, len(ks.keys))
	for i, k := range ks.keys {
		out[i] = k.name()
	}
	return out
}

// byName returns the keys in an order that does not depend on which one is the first.
func (ks *Keys) byName() []key {
	return slices.SortedFunc(slices.Values(ks.keys), func(a, b key) int { return strings.Compare(a.id, b.id) })
}

func (ks *Keys) find(id string) (key, bool) {
	for _, k := range ks.keys {
		if k.id == id {
			return k, true
		}
	}
	return key{}, false
}
