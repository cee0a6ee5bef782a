package scopes

import (
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/store/storetest"
)

func made() *Realms {
	return New(Options{Engine: storetest.NewMemory(), Longest: time.Minute, Completed: func(string, int, error) {}, Now: time.Now})
}

// The stock profile stands for one that could not be read, and says nothing about what Keycloak
// shows.
func TestIndexNeedsTheProfile(t *testing.T) {
	s := made().Scope("r", "", false)
	for _, read := range []*profile.Profile{s.Profiles.Stock(), profile.Stock()} {
		if known := s.Index(read.Capabilities(), read).Profiled; known != (read != s.Profiles.Stock()) {
			t.Errorf("the profile was read: %v", known)
		}
	}
}

// A realm whose tenants have ended is bounded with the others, and its scopes rest until they are
// used again. They are the same then.
func TestUse(t *testing.T) {
	r := made()
	whole, group, stays := r.Scope("r", "", true), r.Scope("r", "acme", true), r.Scope("r2", "", true)
	r.Scope("r3", "", false)
	for _, row := range []struct {
		used    []*Scope
		others  int
		resting []*Scope
	}{
		{[]*Scope{whole, group, stays}, 1, nil},
		{[]*Scope{group, stays}, 1, []*Scope{whole}},
		{[]*Scope{stays}, 2, []*Scope{whole, group}},
	} {
		r.Use(row.used)
		if r.others.Len() != row.others || len(r.Completions()) != 4-len(row.resting) {
			t.Errorf("%d realms have no tenant, %d indexes are completed", r.others.Len(), len(r.Completions()))
		}
		for _, s := range row.resting {
			if !s.idle {
				t.Errorf("%s is not idle", s.terms.Records.Name())
			}
		}
	}
	<-r.Added()
	if r.Scope("r", "acme", true) != group || len(r.Completions()) != 3 || len(r.Added()) != 1 || r.others.Len() != 1 {
		t.Error("a place that is used again has a second scope, or its index is not completed")
	}
}
