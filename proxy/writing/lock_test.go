package writing_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/writing"
)

// watched calls before with the name of each changing operation.
type watched struct {
	*directorytest.Memory
	before func(op string)
}

func (w watched) Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	w.before("create")
	return w.Memory.Create(ctx, t, r)
}

func (w watched) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	w.before("update")
	return w.Memory.Update(ctx, ref, edit)
}

func (w watched) ChangeMembers(ctx context.Context, ref scim.Ref, m directory.MemberChange) error {
	w.before("join")
	return w.Memory.ChangeMembers(ctx, ref, m)
}

func (w watched) Delete(ctx context.Context, ref scim.Ref) error {
	w.before("delete")
	return w.Memory.Delete(ctx, ref)
}

// stock creates a user and a group for writes.
func stock(t *testing.T) (m *directorytest.Memory, user, group scim.Ref) {
	t.Helper()
	s, m := native()
	u := do(t, s, protocol.Create{Type: scim.User, Body: directorytest.Sample(1)}).Resource
	g := do(t, s, protocol.Create{Type: scim.Group, Body: document.Must(`{"displayName":"G"}`)}).Resource
	return m, scim.Ref{Type: scim.User, ID: u.ID()}, scim.Ref{Type: scim.Group, ID: g.ID()}
}

// Every change holds the lock of its resource, or of its name for a create, and every lock is
// released.
func TestWritesHoldTheLock(t *testing.T) {
	_, user, group := stock(t)
	for i, c := range writes(user, group) {
		m, _, _ := stock(t) // the same ids again
		held, changes := "", 0
		lock := func(_ context.Context, key string) (func(), error) {
			held = key
			return func() { held = "" }, nil
		}
		want := protocol.Target(c).Key()
		if create, ok := c.(protocol.Create); ok {
			name := document.Text(create.Body.Raw("userName")) + document.Text(create.Body.Raw("displayName"))
			want = "create/" + string(create.Type) + "/" + strings.ToLower(name)
		}
		below := watched{m, func(op string) {
			if changes++; held != want {
				t.Errorf("%d %s: %s below while the lock %q is held, want %q", i, c.Verb(), op, held, want)
			}
		}}
		s := writing.New(below, lock, scim.CoreSchemas(), writing.Options{MembersShown: 5})
		do(t, s, c)
		if changes == 0 || held != "" {
			t.Errorf("%d %s: %d changes, the lock %q is held on", i, c.Verb(), changes, held)
		}
	}
}

// A write whose lock cannot be taken is refused.
func TestWritesWithoutALockAreRefused(t *testing.T) {
	m, user, group := stock(t)
	calls := m.Calls()
	lock := func(context.Context, string) (func(), error) { return nil, errors.New("held by another") }
	s := writing.New(m, lock, scim.CoreSchemas(), writing.Options{MembersShown: 5})
	for _, c := range writes(user, group) {
		refuses(t, s, c, 503, "")
	}
	if n := m.Calls() - calls; n != 0 {
		t.Errorf("%d calls below", n)
	}
}

// Creates of names that differ only in letter case take the same lock.
func TestCreatesOfOneNameShareTheLock(t *testing.T) {
	var keys []string
	lock := func(_ context.Context, key string) (func(), error) {
		keys = append(keys, key)
		return func() {}, nil
	}
	m, _, _ := stock(t)
	s := writing.New(m, lock, scim.CoreSchemas(), writing.Options{MembersShown: 5})
	for _, name := range []string{"ada", "ADA"} {
		_, _ = s.Do(t.Context(), protocol.Create{Type: scim.User, Body: document.Must(`{"userName":"` + name + `"}`)})
	}
	if len(keys) != 2 || keys[0] != keys[1] {
		t.Errorf("%v", keys)
	}
}

// A write continues if its caller disconnects at any point; a read does not.
func TestWritesOutliveTheirCaller(t *testing.T) {
	_, user, group := stock(t)
	for i, c := range writes(user, group) {
		for _, at := range []string{"before it", "at the lock", "below"} {
			m, _, _ := stock(t)
			ctx, hangUp := context.WithCancel(t.Context())
			lock := func(ctx context.Context, _ string) (func(), error) {
				if at == "at the lock" {
					hangUp()
				}
				return func() {}, ctx.Err()
			}
			below := watched{m, func(string) {
				if at == "below" {
					hangUp()
				}
			}}
			s := writing.New(below, lock, scim.CoreSchemas(), writing.Options{MembersShown: 5})
			if at == "before it" {
				hangUp()
			}
			if _, err := s.Do(ctx, c); err != nil {
				t.Errorf("%d %s, the caller hangs up %s: %v", i, c.Verb(), at, err)
			}
			hangUp()
			if _, err := s.Do(ctx, protocol.Read{Ref: group}); !errors.Is(err, context.Canceled) {
				t.Errorf("a read of a caller who is gone: %v", err)
			}
		}
	}
}

// The deadline of the request also applies to a write.
func TestWritesKeepTheirDeadline(t *testing.T) {
	m, user, group := stock(t)
	lock := func(ctx context.Context, _ string) (func(), error) { return func() {}, ctx.Err() }
	s := writing.New(m, lock, scim.CoreSchemas(), writing.Options{MembersShown: 5})
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for _, c := range writes(user, group) {
		if _, err := s.Do(ctx, c); err == nil {
			t.Errorf("%s is done after its deadline", c.Verb())
		}
	}
}
