package revoked

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// SpaceName is the name of the space with the revocations.
const SpaceName = "revoked"

// Entry is a revocation.
type Entry struct {
	// Tenant and Key name the token for people.
	Tenant string `json:"tenant"`
	Key    string `json:"key"`
	// SHA256 is the hash of the whole token, 64 hex digits.
	SHA256 string `json:"sha256"`
	// At is when it was revoked.
	At time.Time `json:"at"`
}

// sum is the hash of a token.
type sum = [sha256.Size]byte

func (e Entry) sum() (s sum, err error) {
	n, err := hex.Decode(s[:], []byte(e.SHA256))
	if err == nil && n != len(s) {
		err = errors.New("the hash is too short")
	}
	return s, err
}

// id is the id of the record with a number, from 1 on. The order of ids is that of numbers.
func id(number uint64) string { return fmt.Sprintf("%016x", number) }

// page is how many revocations are read at once.
const page = 500

// read calls each for the records that follow a number, in their order.
func read(ctx context.Context, s store.Space, after uint64, each func(number uint64, r store.Record)) error {
	from := ""
	if after > 0 {
		from = id(after)
	}
	for more := true; more; {
		some, next, err := s.Page(ctx, from, page)
		if err != nil {
			return err
		}
		for _, e := range some {
			var number uint64
			if _, err := fmt.Sscanf(e.ID, "%016x", &number); err == nil {
				each(number, e.Record)
			}
		}
		from, more = next, next != ""
	}
	return nil
}

// attempts bounds how often Add gives way to another process that adds at the same time.
const attempts = 100

// Add adds revocations. One that is there already is not added again. Every process that reads the
// space holds them within Every.
func Add(ctx context.Context, s store.Space, all ...Entry) error {
	last, there := uint64(0), map[sum]bool{}
	err := read(ctx, s, 0, func(number uint64, r store.Record) {
		last = number
		if one, err := decode(r); err == nil {
			there[one] = true
		}
	})
	if err != nil {
		return err
	}
	for _, e := range all {
		key, err := e.sum()
		if err != nil {
			return fmt.Errorf("key %s of %s: %w", e.Key, e.Tenant, err)
		}
		if there[key] {
			continue
		}
		body, err := json.Marshal(e)
		if err != nil {
			return err
		}
		for range attempts {
			last++
			if _, err = s.Save(ctx, id(last), store.Record{Body: body}); !errors.Is(err, store.ErrConflict) {
				break
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func decode(r store.Record) (sum, error) {
	var e Entry
	if err := json.Unmarshal(r.Body, &e); err != nil {
		return sum{}, err
	}
	return e.sum()
}
