package writing_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
	"keycloak-scim-proxy/proxy/writing"
)

// writes are all calls that change something.
func writes(user, group scim.Ref) []scim.Call {
	add := op(scim.Add, "members", `[{"value":"`+user.ID+`"}]`)
	return []scim.Call{
		scim.Create{Type: scim.User, Body: scimtest.Sample(7)},
		scim.Create{Type: scim.Group, Body: scim.Must(`{"displayName":"new"}`)},
		scim.Replace{Ref: user, Body: scimtest.Sample(1)},
		scim.Patch{Ref: user, Ops: []scim.Op{op(scim.ReplaceAll, "title", `"x"`)}},
		scim.Patch{Ref: user},
		scim.Patch{Ref: group, Ops: []scim.Op{add}},
		scim.Delete{Ref: user},
		scim.Delete{Ref: group},
	}
}

// A caller who may not write is refused before a lock is taken and before the layers below hear of it.
func TestProofComesBeforeTheLock(t *testing.T) {
	_, m := native()
	locked := 0
	lock := func(context.Context, string) (func(), error) { locked++; return func() {}, nil }
	var asked []scim.Ref
	refuse := func(_ context.Context, ref scim.Ref) error {
		asked = append(asked, ref)
		return scim.Forbidden("no")
	}
	s := writing.New(m, lock, scim.CoreSchemas(), writing.Options{Prove: refuse})
	user, group := scim.Ref{Type: scim.User, ID: "u"}, scim.Ref{Type: scim.Group, ID: "g"}
	for _, c := range writes(user, group) {
		before := len(asked)
		if _, err := s.Do(t.Context(), c); scim.AsError(err).Status != 403 {
			t.Errorf("%s: %v", c.Verb(), err)
		}
		if len(asked) != before+1 || asked[before] != scim.Target(c) {
			t.Errorf("%s: asked for %v", c.Verb(), asked[before:])
		}
	}
	if locked != 0 || m.Calls() != 0 {
		t.Errorf("%d locks, %d calls below", locked, m.Calls())
	}
}

// A write whose outcome is not known keeps its resource locked until it can no longer take effect; any other failure does not.
func TestResourceInDoubtStaysLocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, m := native()
		free := make(chan struct{}, 1) // a mutex would not let the clock of the bubble go on
		lock := func(context.Context, string) (func(), error) { free <- struct{}{}; return func() { <-free }, nil }
		s := writing.New(m, lock, scim.CoreSchemas(), writing.Options{MembersShown: 5, Doubt: 25 * time.Second})
		made := do(t, s, scim.Create{Type: scim.User, Body: scimtest.Sample(1)}).Resource
		change := scim.Patch{Ref: scim.Ref{Type: scim.User, ID: made.ID()}, Ops: []scim.Op{op(scim.ReplaceAll, "title", `"x"`)}}
		for _, row := range []struct {
			err  error
			wait time.Duration
		}{
			{scim.Unavailable("Keycloak", scim.Doubtful(context.DeadlineExceeded)), 25 * time.Second},
			{scim.AsError(scim.Unavailable("Keycloak", scim.Doubtful(context.DeadlineExceeded))), 25 * time.Second},
			{scim.Unavailable("Keycloak", context.DeadlineExceeded), 0},
			{scim.Uniqueness("taken"), 0},
		} {
			m.FailNext(row.err)
			if _, err := s.Do(t.Context(), change); err == nil {
				t.Fatal("no error")
			}
			begun := time.Now()
			do(t, s, change)
			if waited := time.Since(begun); waited != row.wait {
				t.Errorf("%v: the next writer waited %s, want %s", row.err, waited, row.wait)
			}
		}
	})
}
