package redis_test

import (
	"errors"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/redis"
	"keycloak-scim-proxy/test/redisserver"
)

// Replicas count together, under a key that the documented ACL allows, and each name by itself.
func TestRateIsShared(t *testing.T) {
	s := redisserver.Start(t, redisserver.Options{Username: "scim", Password: "s3cret", ACL: documentedRules(t)})
	o := redis.Options{Addresses: []string{s.Addr}, Username: "scim", Password: password("s3cret"), Prefix: "kscim:"}
	replicas := []*redis.Engine{open(t, o), open(t, o)}
	const perSecond, burst = 0.01, 10
	for _, name := range []string{"limit.acme", "limit.realm:x\x00}{subject"} {
		allowed, refused := 0, 0
		for i := range 2 * burst {
			wait, err := replicas[i%2].Allow(t.Context(), name, perSecond, burst)
			switch {
			case err != nil:
				t.Fatal(err)
			case wait == 0:
				allowed++
			case wait > 0 && wait <= 100*time.Second:
				refused++
			}
		}
		if allowed != burst || refused != burst {
			t.Errorf("%q: %d are allowed, %d refused", name, allowed, refused)
		}
	}
	o.Prefix = "other:"
	if wait, err := open(t, o).Allow(t.Context(), "limit.acme", perSecond, burst); err == nil {
		t.Errorf("a prefix that the ACL does not allow: %v", wait)
	}
	s.Stop()
	if _, err := replicas[0].Allow(t.Context(), "limit.acme", perSecond, burst); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("without a server: %v", err)
	}
}

func TestRateInACluster(t *testing.T) {
	c := redisserver.StartCluster(t, redisserver.Options{})
	e := open(t, redis.Options{Addresses: []string{c.Nodes[0].Addr}, Cluster: true})
	for i, want := range []bool{true, true, false} {
		if wait, err := e.Allow(t.Context(), "limit.acme", 0.01, 2); err != nil || (wait == 0) != want {
			t.Errorf("%d: %v, %v", i, wait, err)
		}
	}
}
