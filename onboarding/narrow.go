package onboarding

import (
	"context"
	"net/http"
	"slices"

	"github.com/Nerzal/gocloak/v13"
)

// adjust corrects the differences that the method differences tolerates. It never gives the account
// more rights than it has.
func (a *Admin) adjust(ctx context.Context, t *target, have *account) error {
	if id, moved := have.movedMapper(t); moved {
		mapper := audienceMapper(t.audience)
		mapper.ID = &id
		if err := a.client.UpdateClientProtocolMapper(ctx, a.token, t.realm, have.id, id, mapper); err != nil {
			return err
		}
	}
	if have.marked() {
		return nil
	}
	return a.narrow(ctx, t, have)
}

// narrow removes from an account of the first release the rights that accounts no longer get. It
// sets the marker last, so that it can be interrupted and run again.
func (a *Admin) narrow(ctx context.Context, t *target, have *account) error {
	role := []gocloak.Role{t.role}
	if err := a.client.CreateClientScopeMappingsClientRoles(ctx, a.token, t.realm, have.id, t.management, role); err != nil {
		return err
	}
	if err := a.dropRealmRoles(ctx, t, have.user); err != nil {
		return err
	}
	for _, kind := range []string{"default-client-scopes", "optional-client-scopes"} {
		if err := a.dropScopes(ctx, t, have.id, kind); err != nil {
			return err
		}
	}
	return a.do(ctx, http.MethodPut, map[string]any{
		"clientId": t.clientID, "fullScopeAllowed": false, "attributes": map[string]string{marker: markerValue},
	}, nil, t.realm, "clients", have.id)
}

func (a *Admin) dropRealmRoles(ctx context.Context, t *target, user string) error {
	had, err := a.client.GetRoleMappingByUserID(ctx, a.token, t.realm, user)
	if err != nil || had.RealmMappings == nil {
		return err
	}
	return a.client.DeleteRealmRoleFromUser(ctx, a.token, t.realm, user, *had.RealmMappings)
}

// dropScopes removes all client scopes of one kind from a client, except leanScopes.
func (a *Admin) dropScopes(ctx context.Context, t *target, id, kind string) error {
	var scopes []struct{ ID, Name string }
	if err := a.do(ctx, http.MethodGet, nil, &scopes, t.realm, "clients", id, kind); err != nil {
		return err
	}
	for _, s := range scopes {
		if !slices.Contains(leanScopes, s.Name) {
			if err := a.do(ctx, http.MethodDelete, nil, nil, t.realm, "clients", id, kind, s.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
