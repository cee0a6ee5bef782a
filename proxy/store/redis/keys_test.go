package redis_test

import (
	"regexp"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/redis"
	"keycloak-scim-proxy/test/redisserver"
)

// Names that would close the braces do not change the slot. The test looks at every key in Redis.
func TestKeysStayInTheirSlot(t *testing.T) {
	ctx, server := t.Context(), redisserver.Start(t, redisserver.Options{})
	s := open(t, redis.Options{Addresses: []string{server.Addr}, Prefix: "kscim:"}).Open("}{x} é")
	for _, id := range []string{"u1", "{u2}", "}:r:u1"} {
		if _, err := s.Save(ctx, id, store.Record{Terms: []string{"a", id}}); err != nil {
			t.Fatal(err)
		}
	}
	unlock, err := s.Lock(ctx, "}{", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr})
	t.Cleanup(func() { _ = client.Close() })
	form := regexp.MustCompile(`^kscim:\{%7D%7Bx%7D%20%C3%A9\}:(ids|terms|rev|[rl]:[A-Za-z0-9._:%-]+)$`)
	names, err := client.Keys(ctx, "*").Result()
	if err != nil || len(names) != 3+3+1 {
		t.Errorf("keys %q, %v", names, err)
	}
	for _, n := range names {
		if !form.MatchString(n) {
			t.Errorf("key %q", n)
		}
	}

	unlock()
	if err := s.Delete(ctx, "u1", "{u2}", "}:r:u1"); err != nil {
		t.Fatal(err)
	}
	if names, err := client.Keys(ctx, "*").Result(); err != nil || len(names) != 1 {
		t.Errorf("after all is deleted only the revision is left, got %q, %v", names, err)
	}
}
