package test

import (
	"fmt"
	"slices"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/proxytest"
)

// The log says once that the pool of a group tenant runs low, and once that it is empty; after a
// start, before there is a request.
func TestPoolThatRunsLow(t *testing.T) {
	w, g := plannedConfined(t)
	core, logs := observer.New(zap.WarnLevel)
	warned := func() (free []any) {
		for _, e := range logs.FilterField(zap.Int("groups", len(g.Pool)-1)).TakeAll() {
			free = append(free, e.ContextMap()["free"])
		}
		return free
	}
	url, stop := proxytest.Start(t, w.cfg, zap.New(core))
	c := client{url + "/scim/v2", w.tenantToken}
	create := func(i int) error {
		_, err := c.send(t.Context(), "POST", "/Groups", fmt.Sprintf(`{"schemas":["`+scim.GroupURN+`"],"displayName":"g%d"}`, i))
		return err
	}
	groups := len(g.Pool) - 1 // the proxy takes one
	for i := range groups {
		if err := create(i); err != nil {
			t.Fatal(err)
		}
	}
	if err := create(groups); scim.Status(err) != 503 {
		t.Errorf("a create without a free group: %v", err)
	}
	if free, want := warned(), []any{int64(2), int64(0)}; !slices.Equal(free, want) {
		t.Errorf("warnings at %v free groups, want %v", free, want)
	}
	stop()
	logs.TakeAll()
	_, stop = proxytest.Start(t, w.cfg, zap.New(core))
	defer stop()
	if free, want := warned(), []any{int64(0)}; !slices.Equal(free, want) {
		t.Errorf("after the start: warnings at %v free groups, want %v", free, want)
	}
}
