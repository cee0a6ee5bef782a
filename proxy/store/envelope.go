package store

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"keycloak-scim-proxy/proxy/store/internal/codec"
)

// envelopeMagic begins a sealed body. The key id, the nonce, and the ciphertext with its tag
// follow. A plain body is a JSON document and cannot begin with NUL.
const envelopeMagic = "\x00sealed\x01"

// The kinds of names that are hashed, so that a term and a lock of the same name differ.
const (
	hashTerm = 't'
	hashLock = 'l'
)

// SealRecord seals a record of this id with the n-th key; 0 is the first.
func (s *SealedSpace) SealRecord(n int, id string, r Record) Record {
	k := s.keys.keys[n]
	out := Record{Rev: r.Rev, Terms: make([]string, len(r.Terms))}
	for i, t := range r.Terms {
		out.Terms[i] = s.hash(k, hashTerm, t)
	}
	out.Body = k.aead.Seal([]byte(envelopeMagic+k.id), nil, codec.Pack(nil, r.Terms, r.Body), s.bound(id))
	return out
}

// OpenRecord is the inverse of SealRecord and uses the key that the record was sealed with. It
// returns a plain record as it is, or refuses it if the space is strict.
func (s *SealedSpace) OpenRecord(id string, r Record) (Record, error) {
	envelope, ok := bytes.CutPrefix(r.Body, []byte(envelopeMagic))
	switch {
	case !ok && s.strict:
		return Record{}, fmt.Errorf("%w: record %q is not sealed, and plain records are refused (store.encryption.requireSealed)", ErrUnreadable, id)
	case !ok:
		return r, nil
	}
	if len(envelope) < keyIDSize {
		return Record{}, fmt.Errorf("%w: record %q is cut short", ErrUnreadable, id)
	}
	k, ok := s.keys.find(string(envelope[:keyIDSize]))
	if !ok {
		return Record{}, fmt.Errorf("%w: record %q is sealed with key %x, which is not among the keys that were given", ErrUnreadable, id, envelope[:keyIDSize])
	}
	plain, err := k.aead.Open(nil, nil, envelope[keyIDSize:], s.bound(id))
	if err != nil {
		return Record{}, fmt.Errorf("%w: record %q was damaged or moved: %w", ErrUnreadable, id, err)
	}
	out := Record{Rev: r.Rev}
	if out.Terms, out.Body, err = codec.Unpack(plain); err != nil {
		return Record{}, fmt.Errorf("%w: record %q: %w", ErrUnreadable, id, err)
	}
	return out, nil
}

// IsSealed reports whether the record is sealed with any key.
func IsSealed(r Record) bool { return bytes.HasPrefix(r.Body, []byte(envelopeMagic)) }

// IsCurrent reports whether the record is sealed with the first key.
func (s *SealedSpace) IsCurrent(r Record) bool {
	return bytes.HasPrefix(r.Body, []byte(envelopeMagic+s.keys.keys[0].id))
}

// bound is the additional data of AES-GCM: the tenant and the id that the record belongs to.
func (s *SealedSpace) bound(id string) []byte {
	b := binary.AppendUvarint(nil, uint64(len(s.tenant)))
	return append(append(b, s.tenant...), id...)
}

// hash returns a keyed hash that differs for each key, kind and tenant.
func (s *SealedSpace) hash(k key, kind byte, name string) string {
	m := hmac.New(sha256.New, k.mac)
	m.Write(append([]byte{kind}, s.bound(name)...))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
