package revoked_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/revoked"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

func entry(token string) revoked.Entry {
	sum := sha256.Sum256([]byte(token))
	return revoked.Entry{Tenant: "acme", Key: "k1", SHA256: hex.EncodeToString(sum[:])}
}

// counted counts what is read, and may fail.
type counted struct {
	store.Space
	down  error
	reads int // records
}

func (c *counted) Page(ctx context.Context, after string, n int) ([]store.Entry, string, error) {
	if c.down != nil {
		return nil, "", c.down
	}
	page, next, err := c.Space.Page(ctx, after, n)
	c.reads += len(page)
	return page, next, err
}

func TestTokens(t *testing.T) {
	ctx, now, failures := t.Context(), time.Unix(1_800_000_000, 0), 0
	s := &counted{Space: storetest.NewMemory().Open(revoked.SpaceName)}
	all := revoked.New(revoked.Options{Space: s, Now: func() time.Time { return now }, Failed: func(error) { failures++ }})
	has := func(when string, want map[string]bool) {
		t.Helper()
		for token, is := range want {
			if all.Has(token) != is {
				t.Errorf("%s: %s is revoked: %v", when, token, !is)
			}
		}
	}
	add := func(tokens ...string) {
		t.Helper()
		var some []revoked.Entry
		for _, one := range tokens {
			some = append(some, entry(one))
		}
		if err := revoked.Add(ctx, s.Space, some...); err != nil {
			t.Fatal(err)
		}
	}
	all.Read(ctx)
	has("at first", map[string]bool{"a": false})
	add("a", "b")
	all.Read(ctx)
	has("two", map[string]bool{"a": true, "b": true, "c": false})
	var many []string
	for i := range 1_200 {
		many = append(many, fmt.Sprint("t", i))
	}
	add(many...)
	all.Read(ctx)
	has("many", map[string]bool{"a": true, "t0": true, "t1199": true, "t1200": false})
	add("t5", "b") // again
	s.reads = 0
	all.Read(ctx)
	if s.reads != 1 {
		t.Errorf("%d records are read if none is new", s.reads)
	}
	add("c")
	s.reads = 0
	all.Read(ctx)
	if s.reads != 2 {
		t.Errorf("%d records are read if one is new", s.reads)
	}

	s.down = errors.New("down")
	for range 20 {
		now = now.Add(revoked.Every)
		all.Read(ctx)
		if late := all.Stale(); (late != nil) != (now.Sub(time.Unix(1_800_000_000, 0)) >= 30*time.Second) {
			t.Errorf("after %s: %v", now, late)
		}
	}
	has("the store is away", map[string]bool{"a": true, "c": true, "d": false})
	if failures != 1 {
		t.Errorf("%d failures are told", failures)
	}

	s.down, s.Space = nil, storetest.NewMemory().Open(revoked.SpaceName) // an empty one
	all.Read(ctx)
	has("the store is another one", map[string]bool{"a": true, "c": true, "d": false})
	if late := all.Stale(); late != nil {
		t.Error(late)
	}
	add("d")
	all.Read(ctx)
	has("the other store", map[string]bool{"a": true, "d": true})
}

// Processes that revoke at the same time lose nothing, and a reader misses nothing.
func TestAddTogether(t *testing.T) {
	s := storetest.NewMemory().Open(revoked.SpaceName)
	all := revoked.New(revoked.Options{Space: s, Now: time.Now, Failed: func(err error) { t.Error(err) }})
	var together sync.WaitGroup
	for i := range 20 {
		together.Go(func() {
			if err := revoked.Add(t.Context(), s, entry(fmt.Sprint("t", i))); err != nil {
				t.Error(err)
			}
			all.Read(t.Context())
		})
	}
	together.Wait()
	all.Read(t.Context())
	for i := range 20 {
		if !all.Has(fmt.Sprint("t", i)) {
			t.Errorf("t%d is not revoked", i)
		}
	}
}

func TestBadHash(t *testing.T) {
	s := storetest.NewMemory().Open(revoked.SpaceName)
	for _, hash := range []string{"", "00", "zz"} {
		if err := revoked.Add(t.Context(), s, revoked.Entry{Tenant: "acme", Key: "k1", SHA256: hash}); err == nil {
			t.Errorf("%q is revoked", hash)
		}
	}
}
