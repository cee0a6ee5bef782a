package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
)

// RunGuard is the contract of package guard on an engine. Each part gets an engine of its own. Two
// guards on one engine stand for two processes.
func RunGuard(t *testing.T, open Open) {
	for _, part := range []struct {
		name string
		test func(*testing.T, store.Engine)
	}{
		{"a store of another key is refused", otherKey},
		{"a sealed store is refused without a key", noKey},
		{"a damaged canary is refused", damagedCanary},
		{"a key is rotated", keyRotates},
		{"encryption is turned on later", encryptionLater},
		{"a key that another process brings is noticed", keyAppears},
		{"processes that start together work", startTogether},
		{"processes with different keys do not both work", startApart},
		{"the system space cannot be opened", systemSpaceClosed},
		{"a store has one stamp", oneStamp},
		{"a store that came back empty is noticed", emptied},
		{"another store is noticed", replaced},
		{"a store without the expected stamp is refused", unexpectedStamp},
		{"a new key waits for the other processes", keyWaits},
		{"after resealing the old key is not needed", resealed},
		{"resealing can be stopped anywhere", resealStopped},
		{"resealing never overwrites", resealRaces},
		{"a key that another process has in front is not retired", resealTooEarly},
		{"a write that is on its way is resealed too", resealLateWrite},
		{"locks exclude at every step of a rotation", locksRotate},
		{"what no key opens keeps the old keys", resealUnreadable},
		{"plain records are sealed, or refused", resealPlain},
		{"a later schema is refused", laterSchema},
		{"a backup is restored", restored},
		{"a restore can be stopped anywhere", restoreStopped},
		{"a backup while others write", backupWhileWriting},
		{"a backup is refused", backupRefused},
		{"verify counts records and names damaged ones", verifies},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, open(t)) })
	}
	t.Run("the guard changes nothing else", func(t *testing.T) {
		Run(t, func(t testing.TB) store.Engine {
			return guard.New(open(t), guard.Options{Keys: Keys(t, "k1"), RequireSealed: true, Now: time.Now, NewID: rand.Text})
		})
	})
}

// clock is a time that moves only when the test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// pause moves the time by d and does not wait.
func (c *clock) pause(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

// recheck moves the time so far that every guard checks again.
func (c *clock) recheck() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Minute)
}

// Keys returns keys that are derived from their names. Without a name it returns nil.
func Keys(t testing.TB, names ...string) *store.Keys {
	t.Helper()
	if len(names) == 0 {
		return nil
	}
	material := make([][]byte, len(names))
	for i, n := range names {
		material[i] = bytes.Repeat([]byte(n), 32)[:32]
	}
	k, err := store.NewKeys(material...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// process returns a guard with these keys, which stands for a process.
func process(t testing.TB, e store.Engine, c *clock, names ...string) *guard.Engine {
	t.Helper()
	return guard.New(e, guard.Options{Keys: Keys(t, names...), Now: c.time, NewID: rand.Text, Pause: c.pause})
}

// refuses checks that every operation fails with target, that no error suggests a retry, and that
// nothing is changed.
func refuses(t testing.TB, e store.Engine, g *guard.Engine, target error) {
	t.Helper()
	before, system := contents(t, e, "acme"), contents(t, e, store.SystemSpace)
	for _, errs := range []map[string]error{calls(t.Context(), g.Open("acme"), "u1"), moreCalls(t.Context(), g.Open("acme")), {"Check": g.Check(t.Context()), "Probe": g.Probe(t.Context())}} {
		for name, err := range errs {
			fails(t, name, err, target)
			if errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s suggests a retry, which does not help: %v", name, err)
			}
		}
	}
	if after := contents(t, e, "acme"); !slices.Equal(before, after) {
		t.Errorf("a refused operation changed %q to %q", before, after)
	}
	if after := contents(t, e, store.SystemSpace); !slices.Equal(system, after) {
		t.Errorf("a refused operation changed the system space: %q to %q", system, after)
	}
}

// works checks that every operation succeeds, on a record of its own.
func works(t testing.TB, g *guard.Engine, id string) {
	t.Helper()
	for _, errs := range []map[string]error{calls(t.Context(), g.Open("acme"), id), moreCalls(t.Context(), g.Open("acme")), {"Check": g.Check(t.Context()), "Probe": g.Probe(t.Context())}} {
		for name, err := range errs {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// contents returns the records of a space as text, in the form in which the engine stores them.
func contents(t testing.TB, e store.Engine, tenant string) (out []string) {
	t.Helper()
	for id, err := range store.IDs(t.Context(), e.Open(tenant), 100) {
		if err != nil {
			t.Fatal(err)
		}
		records, err := e.Open(tenant).Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, id+" "+strings.Join(records[id].Terms, ",")+" "+string(records[id].Body))
	}
	return out
}

func startTogether(t *testing.T, e store.Engine) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var c clock
	var stamps [6]string
	var created atomic.Int64
	together(len(stamps), func(i int) {
		g := process(t, e, &c, "k1")
		together(3, func(int) {
			if _, err := g.Open("acme").Find(ctx, "t"); err != nil {
				t.Error(err)
			}
		})
		stamp, mine, err := g.Stamp(ctx)
		if err != nil {
			t.Error(err)
		}
		if stamps[i] = stamp; mine {
			created.Add(1)
		}
	})
	if n := len(canaries(t, e)); n != 1 {
		t.Errorf("%d canaries, want 1", n)
	}
	if all := slices.Compact(stamps[:]); len(all) != 1 || all[0] == "" || created.Load() != 1 {
		t.Errorf("%d processes have written the stamps %q, want one", created.Load(), all)
	}
}

func systemSpaceClosed(t *testing.T, e store.Engine) {
	var c clock
	g := process(t, e, &c, "k1")
	works(t, g, "u1")
	for _, errs := range []map[string]error{calls(t.Context(), g.Open(store.SystemSpace), "u1"), moreCalls(t.Context(), g.Open(store.SystemSpace))} {
		for name, err := range errs {
			fails(t, name, err, store.ErrInvalid)
		}
	}
	_, err := g.Open("acme").SaveAndDelete(t.Context(), "u2", store.Record{}, store.SystemSpace, "stamp")
	fails(t, "SaveAndDelete in the system space", err, store.ErrInvalid)
}
