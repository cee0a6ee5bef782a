package scim_test

import (
	"context"
	"errors"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
)

func TestRef(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range []scim.Ref{{Type: scim.User, ID: "1"}, {Type: scim.Group, ID: "1"}, {Type: scim.User, ID: "2"}} {
		if seen[r.Key()] {
			t.Errorf("%v has the key of another", r)
		}
		seen[r.Key()] = true
	}
	if scim.User.Endpoint() != "Users" || scim.Group.Endpoint() != "Groups" {
		t.Error("endpoints")
	}
}

func TestMembershipEmpty(t *testing.T) {
	t.Parallel()
	for want, ms := range map[bool][]scim.Membership{
		true:  {{}},
		false: {{Only: true}, {Add: []string{"1"}}, {Remove: []string{"1"}}},
	} {
		for _, m := range ms {
			if m.Empty() != want {
				t.Errorf("%+v is empty: %v", m, !want)
			}
		}
	}
}

func TestServiceFunc(t *testing.T) {
	t.Parallel()
	want := scim.NotFound(scim.Ref{Type: scim.User, ID: "7"})
	var got scim.Call
	var s scim.Service = scim.ServiceFunc(func(_ context.Context, c scim.Call) (scim.Answer, error) {
		got = c
		return scim.Answer{Version: "v"}, want
	})
	call := scim.Delete{Ref: scim.Ref{Type: scim.User, ID: "7"}}
	if a, err := s.Do(t.Context(), call); !errors.Is(err, want) || a.Version != "v" || got != scim.Call(call) {
		t.Errorf("%v %v %v", a, err, got)
	}
}
