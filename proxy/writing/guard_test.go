package writing_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/writing"
)

// writes returns one call of each kind that changes something.
func writes(user, group scim.Ref) []protocol.Call {
	add := op(scim.Add, "members", `[{"value":"`+user.ID+`"}]`)
	return []protocol.Call{
		protocol.Create{Type: scim.User, Body: directorytest.Sample(7)},
		protocol.Create{Type: scim.Group, Body: document.Must(`{"displayName":"new"}`)},
		protocol.Replace{Ref: user, Body: directorytest.Sample(1)},
		protocol.Patch{Ref: user, Ops: []scim.Op{op(scim.ReplaceAll, "title", `"x"`)}},
		protocol.Patch{Ref: user},
		protocol.Patch{Ref: group, Ops: []scim.Op{add}},
		protocol.Delete{Ref: user},
		protocol.Delete{Ref: group},
	}
}

// A caller that may not write is refused before a lock is taken and before the layers below are
// called.
func TestProofComesBeforeTheLock(t *testing.T) {
	_, m := native()
	locked := 0
	lock := func(context.Context, string) (func(), error) { locked++; return func() {}, nil }
	var checked []scim.Ref
	refuse := func(_ context.Context, ref scim.Ref) error {
		checked = append(checked, ref)
		return scim.Forbidden("no")
	}
	s := writing.New(m, lock, scim.CoreSchemas(), writing.Options{Prove: refuse})
	user, group := scim.Ref{Type: scim.User, ID: "u"}, scim.Ref{Type: scim.Group, ID: "g"}
	for _, c := range writes(user, group) {
		before := len(checked)
		if _, err := s.Do(t.Context(), c); scim.Status(err) != 403 {
			t.Errorf("%s: %v", c.Verb(), err)
		}
		if len(checked) != before+1 || checked[before] != protocol.Target(c) {
			t.Errorf("%s: checked %v", c.Verb(), checked[before:])
		}
	}
	if locked != 0 || m.Calls() != 0 {
		t.Errorf("%d locks, %d calls below", locked, m.Calls())
	}
}

// silent is a directory whose changes can be left without an answer.
type silent struct {
	*directorytest.Memory
	doubt bool
	err   error
}

func (s *silent) lose(ctx context.Context) error {
	if s.doubt {
		directory.OutcomeOf(ctx).Doubt()
	}
	return s.err
}

func (s *silent) Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	if err := s.lose(ctx); err != nil {
		return scim.Resource{}, err
	}
	return s.Memory.Create(ctx, t, r)
}

func (s *silent) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	if err := s.lose(ctx); err != nil {
		return scim.Resource{}, err
	}
	return s.Memory.Update(ctx, ref, edit)
}

func (s *silent) ChangeMembers(ctx context.Context, ref scim.Ref, m directory.MemberChange) error {
	if err := s.lose(ctx); err != nil {
		return err
	}
	return s.Memory.ChangeMembers(ctx, ref, m)
}

func (s *silent) Delete(ctx context.Context, ref scim.Ref) error {
	if err := s.lose(ctx); err != nil {
		return err
	}
	return s.Memory.Delete(ctx, ref)
}

// A write without an answer keeps its resource locked until it can no longer take effect, also if a
// layer below recovered from it. Other failures unlock at once.
func TestResourceInDoubtStaysLocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, m := native()
		below := &silent{Memory: m}
		held := map[string]chan struct{}{} // a mutex would stop the clock of synctest
		lock := func(_ context.Context, key string) (func(), error) {
			if held[key] == nil {
				held[key] = make(chan struct{}, 1)
			}
			free := held[key]
			free <- struct{}{}
			return func() { <-free }, nil
		}
		s := writing.New(below, lock, scim.CoreSchemas(), writing.Options{MembersShown: 5, Doubt: 25 * time.Second})
		user := scim.Ref{Type: scim.User, ID: do(t, s, protocol.Create{Type: scim.User, Body: directorytest.Sample(1)}).Resource.ID()}
		group := scim.Ref{Type: scim.Group, ID: do(t, s, protocol.Create{Type: scim.Group, Body: document.Must(`{"displayName":"g"}`)}).Resource.ID()}
		for _, c := range writes(user, group) {
			for _, row := range []struct {
				doubt bool
				err   error
				wait  time.Duration
			}{
				{true, scim.Unavailable("Keycloak", context.DeadlineExceeded), 25 * time.Second},
				{false, scim.Unavailable("Keycloak", context.DeadlineExceeded), 0},
				{false, scim.Uniqueness("taken"), 0},
				{true, nil, 25 * time.Second}, // a layer below recovered
			} {
				below.doubt, below.err = row.doubt, row.err
				if _, err := s.Do(t.Context(), c); (err == nil) != (row.err == nil) {
					t.Fatalf("%s: %v", c.Verb(), err)
				}
				below.doubt, below.err = false, scim.Uniqueness("taken")
				begun := time.Now()
				_, _ = s.Do(t.Context(), c)
				if waited := time.Since(begun); waited != row.wait {
					t.Errorf("%s, %+v: the next writer waited %s", c.Verb(), row, waited)
				}
			}
		}
	})
}
