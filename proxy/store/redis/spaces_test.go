package redis_test

import (
	"fmt"
	"slices"
	"testing"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/redis"
	"keycloak-scim-proxy/test/redisserver"
)

// There are more keys than one SCAN visits, some with another prefix, and some that look like those
// of a space.
func TestSpacesOfManyKeys(t *testing.T) {
	server := redisserver.Start(t, redisserver.Options{})
	var want []string
	for _, prefix := range []string{"", "kscim:", "kscim:other:"} {
		e := open(t, redis.Options{Addresses: []string{server.Addr}, Prefix: prefix})
		for i := range 3 {
			name := fmt.Sprint("realm.", prefix, i)
			for n := range 400 {
				if _, err := e.Open(name).Save(t.Context(), fmt.Sprint("u", n), store.Record{}); err != nil {
					t.Fatal(err)
				}
			}
			if prefix == "kscim:" {
				want = append(want, name)
			}
		}
	}
	for _, key := range []string{"kscim:{%}:ids", "kscim:{%4}:ids", "kscim:{%zz}:ids", "kscim:{a:ids", "kscim:a}:ids", "kscim:{a}:ids:b"} {
		if _, err := server.Do("SET", key, ""); err != nil {
			t.Fatal(err)
		}
	}
	got, err := open(t, redis.Options{Addresses: []string{server.Addr}, Prefix: "kscim:"}).Spaces(t.Context())
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
