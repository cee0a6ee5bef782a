package writing_test

import (
	"context"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/writing"
)

// lists counts lists.
type lists struct {
	directory.Directory
	n int
}

func (l *lists) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	l.n++
	return l.Directory.List(ctx, q)
}

// With MembersShown 0 a PATCH of a group has no body, and the size of the group is not asked for.
func TestNoMembersShown(t *testing.T) {
	_, m := native()
	below := &lists{Directory: m}
	lock := func(context.Context, string) (func(), error) { return func() {}, nil }
	s := writing.New(below, lock, scim.CoreSchemas(), writing.Options{})
	made, err := s.Do(t.Context(), protocol.Create{Type: scim.Group, Body: document.Must(`{"displayName":"g"}`)})
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Do(t.Context(), protocol.Patch{
		Ref: scim.Ref{Type: scim.Group, ID: made.Resource.ID()},
		Ops: []scim.Op{op(scim.ReplaceAll, "displayName", `"h"`)},
	})
	if err != nil || !a.Resource.IsZero() || below.n > 0 {
		t.Errorf("%v, %s, %d lists", err, a.Resource, below.n)
	}
}
