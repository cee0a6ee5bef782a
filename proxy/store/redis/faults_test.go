package redis_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
	"keycloak-scim-proxy/proxy/store/redis"
	"keycloak-scim-proxy/test/redisserver"
)

// unavailable checks that operations fail because of the store, and not with a deadline: the caller
// has none.
func unavailable(t *testing.T, e *redis.Engine) {
	t.Helper()
	ctx, s := t.Context(), e.Open("acme")
	_, load := s.Load(ctx, "u1")
	_, save := s.Save(ctx, "u1", store.Record{})
	_, lock := s.Lock(ctx, "u1", time.Minute)
	for name, err := range map[string]error{"Load": load, "Save": save, "Lock": lock, "Ping": e.Ping(ctx)} {
		if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrLocked) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v, want ErrUnavailable only", name, err)
		}
	}
}

func TestServerGoesAndComesBack(t *testing.T) {
	for name, end := range map[string]func(*redisserver.Server){"stopped": (*redisserver.Server).Stop, "killed": (*redisserver.Server).Kill} {
		t.Run(name, func(t *testing.T) {
			ctx, server := t.Context(), redisserver.Start(t, redisserver.Options{})
			e := open(t, redis.Options{Addresses: []string{server.Addr}})
			s := e.Open("acme")
			rev, err := s.Save(ctx, "u1", store.Record{Body: []byte("kept")})
			if err != nil {
				t.Fatal(err)
			}
			end(server)
			unavailable(t, e)
			server.Restart()
			if rev, err = s.Save(ctx, "u1", store.Record{Rev: rev, Body: []byte("again")}); err != nil {
				t.Fatalf("after the restart: %v", err)
			}
			if got, err := s.Load(ctx, "u1"); err != nil || string(got["u1"].Body) != "again" || got["u1"].Rev != rev {
				t.Errorf("after the restart: %v, %v", got, err)
			}
		})
	}
}

// A process with a wrong key starts before Redis does.
func TestServerComesLate(t *testing.T) {
	server := redisserver.Start(t, redisserver.Options{})
	e := open(t, redis.Options{Addresses: []string{server.Addr}})
	guard := func(key byte) *guard.Engine {
		keys, err := store.NewKeys(bytes.Repeat([]byte{key}, 32))
		if err != nil {
			t.Fatal(err)
		}
		return guard.New(e, guard.Options{Keys: keys, Now: time.Now, NewID: rand.Text})
	}
	if _, err := guard(1).Open("acme").Save(t.Context(), "u1", store.Record{Terms: []string{"t"}}); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	wrong := guard(2)
	if err := wrong.Check(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("before it comes: %v", err)
	}
	server.Restart()
	if ids, err := wrong.Open("acme").Find(t.Context(), "t"); !errors.Is(err, store.ErrKeys) {
		t.Errorf("after it came: %q, %v", ids, err)
	}
	if ids, err := guard(1).Open("acme").Find(t.Context(), "t"); err != nil || len(ids) != 1 {
		t.Errorf("with the right key: %q, %v", ids, err)
	}
}

// A server loses all its data, and the engine connects to it again. The clock stands still, so that
// only the new connection makes the guard check again.
func TestServerComesBackEmpty(t *testing.T) {
	ctx, server := t.Context(), redisserver.Start(t, redisserver.Options{})
	now := time.Now()
	open := func() *guard.Engine {
		e := open(t, redis.Options{Addresses: []string{server.Addr}})
		return guard.New(e, guard.Options{Now: func() time.Time { return now }, NewID: rand.Text})
	}
	operations := map[string]func(store.Space) (any, error){
		"Load": func(s store.Space) (any, error) { return s.Load(ctx, "u1") },
		"Find": func(s store.Space) (any, error) { return s.Find(ctx, "t") },
		"Scan": func(s store.Space) (any, error) { return s.Scan(ctx, "", 10) },
		"Save": func(s store.Space) (any, error) { return s.Save(ctx, "u2", store.Record{}) },
	}
	for name, operation := range operations {
		s := open().Open("acme")
		rev, err := s.Save(ctx, "u1", store.Record{Terms: []string{"t"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(ctx, "u1"); err != nil { // the first connection was new to the first check
			t.Fatal(err)
		}
		do(t, server, "FLUSHALL")
		server.Stop()
		server.Restart()
		if got, err := operation(s); !errors.Is(err, store.ErrLost) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if _, err := s.Save(ctx, "u1", store.Record{Rev: rev}); !errors.Is(err, store.ErrLost) {
			t.Errorf("%s, then another operation: %v", name, err)
		}
		if _, err := s.Lock(ctx, "u1", time.Minute); !errors.Is(err, store.ErrLost) {
			t.Errorf("%s, then a lock: %v", name, err)
		}
		if ids, err := open().Open("acme").Find(ctx, "t"); err != nil || len(ids) > 0 {
			t.Errorf("%s, then a restart of the proxy: %q, %v", name, ids, err)
		}
		do(t, server, "FLUSHALL")
	}
}

func TestServerThatHangs(t *testing.T) {
	server := redisserver.Start(t, redisserver.Options{})
	patient := open(t, redis.Options{Addresses: []string{server.Addr}, Timeout: time.Hour})
	hasty := open(t, redis.Options{Addresses: []string{server.Addr}, Timeout: 100 * time.Millisecond, DialTimeout: 100 * time.Millisecond})
	for _, e := range []*redis.Engine{patient, hasty} {
		if err := e.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	server.Freeze()
	ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
	defer cancel()
	if _, err := patient.Open("acme").Load(ctx, "u1"); !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the caller's deadline: got %v, want ErrUnavailable and DeadlineExceeded", err)
	}
	unavailable(t, hasty) // the driver's own time-outs are not the caller's
	server.Thaw()
	if _, err := patient.Open("acme").Load(t.Context(), "u1"); err != nil {
		t.Errorf("after it has thawed: %v", err)
	}
}

func TestPasswordIsReadLate(t *testing.T) {
	server := redisserver.Start(t, redisserver.Options{Username: "scim", Password: "new"})
	current, broken := "old", error(nil)
	e := open(t, redis.Options{Addresses: []string{server.Addr}, Username: "scim", Password: func(context.Context) (string, error) {
		return current, broken
	}})
	unavailable(t, e)
	broken = errors.New("no such file")
	unavailable(t, e)
	current, broken = "new", nil
	if err := e.Ping(t.Context()); err != nil {
		t.Errorf("with the new password: %v", err)
	}
}

// Servers that answer but take no write are not ready.
func TestProbeWrites(t *testing.T) {
	ctx, server := t.Context(), redisserver.Start(t, redisserver.Options{})
	e := open(t, redis.Options{Addresses: []string{server.Addr}, Prefix: "kscim:"})
	for _, c := range []struct {
		name          string
		refuse, allow []string
		want          string
	}{
		{"the memory is full", []string{"CONFIG", "SET", "maxmemory", "1"}, []string{"CONFIG", "SET", "maxmemory", "0"}, "OOM"},
		{"a replica", []string{"REPLICAOF", "127.0.0.1", "1"}, []string{"REPLICAOF", "NO", "ONE"}, "READONLY"},
	} {
		do(t, server, c.refuse...)
		err := e.Probe(ctx)
		if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := e.Ping(ctx); err != nil {
			t.Errorf("%s: Ping: %v", c.name, err)
		}
		do(t, server, c.allow...)
		if err := e.Probe(ctx); err != nil {
			t.Errorf("after %s: %v", c.name, err)
		}
	}
	if left, err := server.Do("TTL", "kscim:{system}:probe"); err != nil || left == "-1" || left == "-2" {
		t.Errorf("the key of the probe lives %s s, %v", left, err)
	}
}

func TestForbiddenIsUnavailable(t *testing.T) {
	server := redisserver.Start(t, redisserver.Options{Username: "scim", Password: "p", ACL: "~other:* -@all +@connection"})
	e := open(t, redis.Options{Addresses: []string{server.Addr}, Username: "scim", Password: password("p")})
	if _, err := e.Open("acme").Save(t.Context(), "u1", store.Record{}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestScriptsAreSentAgainWhenForgotten(t *testing.T) {
	server := redisserver.Start(t, redisserver.Options{})
	s := open(t, redis.Options{Addresses: []string{server.Addr}}).Open("acme")
	rev, err := s.Save(t.Context(), "u1", store.Record{})
	if err != nil {
		t.Fatal(err)
	}
	do(t, server, "SCRIPT", "FLUSH")
	if _, err := s.Save(t.Context(), "u1", store.Record{Rev: rev}); err != nil {
		t.Error(err)
	}
}

// Redis loses all its data, as it does without persistence. A writer that still holds an earlier
// revision must not overwrite a record that was created since.
func TestRevisionsRiseOverLostData(t *testing.T) {
	server := redisserver.Start(t, redisserver.Options{})
	s := open(t, redis.Options{Addresses: []string{server.Addr}}).Open("acme")
	before, err := s.Save(t.Context(), "u1", store.Record{})
	if err != nil {
		t.Fatal(err)
	}
	do(t, server, "FLUSHALL")
	after, err := s.Save(t.Context(), "u1", store.Record{})
	if err != nil || after <= before {
		t.Errorf("revision %d follows %d, %v", after, before, err)
	}
	if _, err := s.Save(t.Context(), "u1", store.Record{Rev: before}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("save over another life: %v", err)
	}
}

func TestForeignDataAreUnreadable(t *testing.T) {
	server := redisserver.Start(t, redisserver.Options{})
	s := open(t, redis.Options{Addresses: []string{server.Addr}}).Open("acme")
	for name, fields := range map[string][]string{
		"revision": {"rev", "x", "terms", "", "body", ""},
		"partial":  {"rev", "1"},
		"terms":    {"rev", "1", "body", "", "terms", "a\x01"},
	} {
		do(t, server, append([]string{"HSET", "{acme}:r:" + name}, fields...)...)
		if _, err := s.Load(t.Context(), name); !errors.Is(err, store.ErrUnreadable) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func do(t *testing.T, s *redisserver.Server, args ...string) {
	t.Helper()
	if _, err := s.Do(args...); err != nil {
		t.Fatal(err)
	}
}
