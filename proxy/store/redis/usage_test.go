package redis_test

import (
	"errors"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/redis"
	"keycloak-scim-proxy/test/redisserver"
)

func TestUsage(t *testing.T) {
	server := redisserver.Start(t, redisserver.Options{Username: "scim", Password: "p", ACL: documentedRules(t)})
	e := open(t, redis.Options{Addresses: []string{server.Addr}, Username: "scim", Password: password("p"), Prefix: "kscim:"})
	empty, limit, err := e.Usage(t.Context())
	if err != nil || empty <= 0 || limit != 0 {
		t.Fatal(empty, limit, err)
	}
	do(t, server, "CONFIG", "SET", "maxmemory", "100mb")
	if _, err := e.Open("acme").Save(t.Context(), "u1", store.Record{Body: make([]byte, 4<<20)}); err != nil {
		t.Fatal(err)
	}
	if full, limit, err := e.Usage(t.Context()); err != nil || full < empty+4<<20 || limit != 100<<20 {
		t.Errorf("with 4 MiB more than %d: %d of %d, %v", empty, full, limit, err)
	}
	rules := strings.Replace(documentedRules(t), "+info", "", 1)
	forbidden := redisserver.Start(t, redisserver.Options{Username: "scim", Password: "p", ACL: rules})
	e = open(t, redis.Options{Addresses: []string{forbidden.Addr}, Username: "scim", Password: password("p")})
	if _, _, err := e.Usage(t.Context()); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "NOPERM") {
		t.Errorf("without +info: %v", err)
	}
}

// The numbers are those of the fullest master.
func TestUsageOfACluster(t *testing.T) {
	c := redisserver.StartCluster(t, redisserver.Options{})
	e := open(t, redis.Options{Addresses: c.Addresses()})
	for i, most := range []string{"0", "50mb", "900mb"} {
		do(t, c.Nodes[i], "CONFIG", "SET", "maxmemory", most)
	}
	if size, limit, err := e.Usage(t.Context()); err != nil || size <= 0 || limit != 50<<20 {
		t.Errorf("%d of %d, %v", size, limit, err)
	}
}
