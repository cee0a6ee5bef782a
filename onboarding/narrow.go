package onboarding

import (
	"context"
	"net/http"
	"slices"
)

// adjust corrects the differences that the method differences tolerates. It never gives the account
// more rights than it has.
func (a *Admin) adjust(ctx context.Context, t *target, have *account) error {
	if id, moved := have.movedMapper(t); moved {
		mapper := audienceMapper(t.audience)
		mapper.ID = &id
		if err := a.client.UpdateClientProtocolMapper(ctx, a.token, t.Realm, have.id, id, mapper); err != nil {
			return err
		}
	}
	if !have.marked() {
		if err := a.narrow(ctx, t, have); err != nil {
			return err
		}
	}
	if have.authenticates(t) {
		return nil
	}
	return a.do(ctx, http.MethodPut, map[string]any{
		"clientId": t.ClientID, "clientAuthenticatorType": t.authenticator(), "attributes": t.attributes,
	}, nil, t.Realm, "clients", have.id)
}

// narrow removes from an account of the first release the rights that accounts no longer get. It
// sets the marker last, so that it can be interrupted and run again.
func (a *Admin) narrow(ctx context.Context, t *target, have *account) error {
	if err := a.client.CreateClientScopeMappingsClientRoles(ctx, a.token, t.Realm, have.id, t.management, t.roles); err != nil {
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
		"clientId": t.ClientID, "fullScopeAllowed": false, "attributes": map[string]string{marker: t.Kind.mark},
	}, nil, t.Realm, "clients", have.id)
}

func (a *Admin) dropRealmRoles(ctx context.Context, t *target, user string) error {
	had, err := a.client.GetRoleMappingByUserID(ctx, a.token, t.Realm, user)
	if err != nil || had.RealmMappings == nil {
		return err
	}
	return a.client.DeleteRealmRoleFromUser(ctx, a.token, t.Realm, user, *had.RealmMappings)
}

// dropScopes removes all client scopes of one kind from a client, except leanScopes.
func (a *Admin) dropScopes(ctx context.Context, t *target, id, kind string) error {
	var scopes []struct{ ID, Name string }
	if err := a.do(ctx, http.MethodGet, nil, &scopes, t.Realm, "clients", id, kind); err != nil {
		return err
	}
	for _, s := range scopes {
		if !slices.Contains(leanScopes, s.Name) {
			if err := a.do(ctx, http.MethodDelete, nil, nil, t.Realm, "clients", id, kind, s.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
