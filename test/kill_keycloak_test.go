package test

import (
	"testing"
	"time"

	"keycloak-scim-proxy/test/kctest"
)

func TestKeycloakIsKilled(t *testing.T) {
	server := kctest.Own(t)
	t.Run("in a change", func(t *testing.T) { killedInAChange(t, server) })
	t.Run("under load", func(t *testing.T) { restartsUnderLoad(t, server) })
}

// killedInAChange kills Keycloak in the middle of a membership change, sends a create meanwhile,
// and starts Keycloak again with its data.
func killedInAChange(t *testing.T, server *kctest.Keycloak) {
	w := newWorldIn(t, kctest.On(t, server))
	f := newFaulty(t, server.URL)
	w.through(t, f, 20*time.Second)
	c := client{w.base(), w.tenantToken}
	joined, made := w.joinings(t)(t, c, 1), w.creations(t, c, 2)
	kill := func() {
		if err := server.Kill(); err != nil {
			t.Error(err)
		}
	}
	g := newGate(3) // after the read of the members and one chunk
	f.hold(g, before)
	held, err := g.during(func() error { return joined.try(t.Context(), c) }, kill)
	f.heal()
	if !held {
		t.Fatalf("the change finished early: %v", err)
	}
	mustBeRetried(t, 3, err)
	mustBeRetried(t, 0, made.try(t.Context(), c)) // Keycloak is down
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	c.recovered(t)
	for _, i := range []intent{joined, made} {
		if err := i.retry(t.Context(), c); err != nil {
			t.Errorf("the retry: %v", err)
		}
		i.reached(t, c)
	}
}
