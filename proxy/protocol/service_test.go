package protocol_test

import (
	"context"
	"errors"
	"testing"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

func TestServiceFunc(t *testing.T) {
	t.Parallel()
	want := scim.NotFound(scim.Ref{Type: scim.User, ID: "7"})
	var got protocol.Call
	var s protocol.Service = protocol.ServiceFunc(func(_ context.Context, c protocol.Call) (protocol.Answer, error) {
		got = c
		return protocol.Answer{Version: "v"}, want
	})
	call := protocol.Delete{Ref: scim.Ref{Type: scim.User, ID: "7"}}
	if a, err := s.Do(t.Context(), call); !errors.Is(err, want) || a.Version != "v" || got != protocol.Call(call) {
		t.Errorf("%v %v %v", a, err, got)
	}
}
