package redis_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/redis"
	"keycloak-scim-proxy/proxy/store/storetest"
	"keycloak-scim-proxy/test/redisserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens an engine that is closed at the end of the test.
func open(t testing.TB, o redis.Options) *redis.Engine {
	t.Helper()
	e, err := redis.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() }) // the test may have closed it
	return e
}

// fresh opens engines with different prefixes on the same server.
func fresh(o redis.Options) storetest.Open {
	var n atomic.Int64
	return func(t testing.TB) store.Engine {
		o := o
		o.Prefix = fmt.Sprintf("kscim:%d:", n.Add(1))
		return open(t, o)
	}
}

func TestSingleNode(t *testing.T) {
	s := redisserver.Start(t, redisserver.Options{})
	storetest.Run(t, fresh(redis.Options{Addresses: []string{s.Addr}, DB: 3}))
}

func TestSealed(t *testing.T) {
	s := redisserver.Start(t, redisserver.Options{})
	keys, err := store.NewKeys(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	plain := fresh(redis.Options{Addresses: []string{s.Addr}})
	storetest.Run(t, func(t testing.TB) store.Engine { return store.Seal(plain(t), keys) })
}

func TestGuarded(t *testing.T) {
	s := redisserver.Start(t, redisserver.Options{})
	storetest.RunGuard(t, fresh(redis.Options{Addresses: []string{s.Addr}}))
}

// documentedRules returns the ACL rules of the package documentation, so that the tests use them.
func documentedRules(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`ACL SETUSER scim on >password (.*)`).FindSubmatch(doc)
	if found == nil {
		t.Fatal("doc.go names no ACL rules")
	}
	return string(found[1])
}

func password(p string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return p, nil }
}

func TestLeastPrivilegeOverTLS(t *testing.T) {
	s := redisserver.Start(t, redisserver.Options{Username: "scim", Password: "s3cret", ACL: documentedRules(t), TLS: true})
	storetest.Run(t, fresh(redis.Options{Addresses: []string{s.Addr}, Username: "scim", Password: password("s3cret"), TLS: s.ClientTLS()}))
}

func TestCluster(t *testing.T) {
	c := redisserver.StartCluster(t, redisserver.Options{Username: "scim", Password: "s3cret", ACL: documentedRules(t), TLS: true})
	o := redis.Options{Username: "scim", Password: password("s3cret"), TLS: c.Nodes[0].ClientTLS()}
	t.Run("all addresses", func(t *testing.T) {
		o := o
		o.Addresses = c.Addresses()
		storetest.Run(t, fresh(o))
	})
	t.Run("one address", func(t *testing.T) {
		o := o
		o.Addresses, o.Cluster, o.Prefix = c.Addresses()[:1], true, "kscim:"
		s := open(t, o).Open("acme")
		if _, err := s.Save(t.Context(), "u1", store.Record{}); err != nil {
			t.Error(err)
		}
	})
	t.Run("tenants are spread", func(t *testing.T) {
		o := o
		o.Addresses, o.Prefix = c.Addresses(), "kscim:spread:"
		e := open(t, o)
		for i := range 30 {
			if _, err := e.Open(fmt.Sprint("tenant", i)).Save(t.Context(), "u1", store.Record{Terms: []string{"t"}}); err != nil {
				t.Fatal(err)
			}
		}
		for _, n := range c.Nodes {
			if size, err := n.Do("DBSIZE"); err != nil || size == "0" {
				t.Errorf("node %s holds %s keys, %v", n.Addr, size, err)
			}
		}
	})
}

func TestReplicasShareRecordsAndLocks(t *testing.T) {
	s := redisserver.Start(t, redisserver.Options{})
	o := redis.Options{Addresses: []string{s.Addr}, Prefix: "kscim:"}
	one, two := open(t, o).Open("acme"), open(t, o).Open("acme")
	if _, err := one.Save(t.Context(), "u1", store.Record{Terms: []string{"t"}}); err != nil {
		t.Fatal(err)
	}
	if ids, err := two.Find(t.Context(), "t"); err != nil || len(ids) != 1 {
		t.Errorf("the other replica finds %q, %v", ids, err)
	}
	unlock, err := one.Lock(t.Context(), "u1", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
	defer cancel()
	if _, err := two.Lock(ctx, "u1", time.Minute); !errors.Is(err, store.ErrLocked) {
		t.Errorf("the other replica's lock: %v", err)
	}
}

// A lock outlives one lease while its holder is there, and ends at most one lease after the holder
// is gone.
func TestALockIsRenewed(t *testing.T) {
	s := redisserver.Start(t, redisserver.Options{})
	o := redis.Options{Addresses: []string{s.Addr}, Prefix: "kscim:"}
	holder, other := open(t, o), open(t, o).Open("acme")
	holder.SetLease(900 * time.Millisecond)
	if _, err := holder.Open("acme").Lock(t.Context(), "u1", time.Hour); err != nil {
		t.Fatal(err)
	}
	if left, err := s.Do("PTTL", "kscim:{acme}:l:u1"); err != nil || len(left) > 3 {
		t.Errorf("the lock is taken for %s ms, %v", left, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := other.Lock(ctx, "u1", time.Hour); !errors.Is(err, store.ErrLocked) {
		t.Errorf("the lock of a holder who lives: %v", err)
	}
	if err := holder.Close(); err != nil { // as after a kill
		t.Fatal(err)
	}
	unlock, err := other.Lock(t.Context(), "u1", time.Hour)
	if err != nil {
		t.Fatalf("the lock of a holder who died: %v", err)
	}
	unlock()
	unlock()
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]redis.Options{
		"no address":            {},
		"brace in the prefix":   {Addresses: []string{"localhost:1"}, Prefix: "a{b}"},
		"database of a cluster": {Addresses: []string{"localhost:1", "localhost:2"}, DB: 1},
	} {
		if e, err := redis.Open(o); err == nil {
			t.Errorf("%s: no error", name)
			_ = e.Close()
		}
	}
}
