package redis_test

import (
	"fmt"
	"testing"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/redis"
	"keycloak-scim-proxy/test/redisserver"
)

// A server of a cluster that is configured as a single one refuses a script on two spaces. Then
// they are two steps.
func TestSpacesOfDifferentSlots(t *testing.T) {
	c := redisserver.StartCluster(t, redisserver.Options{})
	e := open(t, redis.Options{Addresses: c.Addresses()[:1]})
	var here []store.Space // on this server
	for i := 0; len(here) < 3; i++ {
		s := e.Open(fmt.Sprint("space", i))
		if _, err := s.Save(t.Context(), "p1", store.Record{Terms: []string{"t"}}); err == nil {
			here = append(here, s)
		}
	}
	for _, other := range here[1:] { // the second time it is known
		if _, err := here[0].SaveAndDelete(t.Context(), "u "+other.Name(), store.Record{Terms: []string{"u"}}, other.Name(), "p1"); err != nil {
			t.Fatal(err)
		}
		if ids, err := other.Find(t.Context(), "t"); err != nil || len(ids) > 0 {
			t.Errorf("%s still has %q, %v", other.Name(), ids, err)
		}
	}
	if ids, err := here[0].Find(t.Context(), "u"); err != nil || len(ids) != 2 {
		t.Errorf("saved %q, %v", ids, err)
	}
}

// A save that deletes recognises its own first try too, and one server does both in one command.
func TestBatchIsOneCommand(t *testing.T) {
	ctx, server := t.Context(), redisserver.Start(t, redisserver.Options{})
	proxy := newLossy(t, server.Addr)
	e := open(t, redis.Options{Addresses: []string{proxy.Addr().String()}})
	s, other := e.Open("realm"), e.Open("pending")
	move := func(id string) {
		t.Helper()
		if _, err := other.Save(ctx, id, store.Record{Terms: []string{"t"}}); err != nil {
			t.Fatal(err)
		}
		proxy.lose.Store(true)
		if _, err := s.SaveAndDelete(ctx, id, store.Record{}, other.Name(), id); err != nil {
			t.Fatalf("a save does not recognise its own first try: %v", err)
		}
		if ids, err := other.Find(ctx, "t"); err != nil || len(ids) > 0 {
			t.Errorf("%q is left, %v", ids, err)
		}
	}
	if _, err := s.Save(ctx, "u0", store.Record{}); err != nil { // the script is known to the server
		t.Fatal(err)
	}
	move("u1")
	pendingIsGone := func() { // the answer to the first command is lost after it has done everything
		ids, err := other.Scan(ctx, "", 10)
		if err != nil || len(ids) > 0 {
			t.Errorf("after one command %q is left, %v", ids, err)
		}
	}
	proxy.meanwhile.Store(&pendingIsGone)
	move("u2")
	if n := proxy.lost.Load(); n != 2 {
		t.Errorf("%d answers were lost, want 2", n)
	}
}
