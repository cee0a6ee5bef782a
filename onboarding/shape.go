package onboarding

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/Nerzal/gocloak/v13"
)

// account is a client and its service account as Keycloak shows them.
type account struct {
	id, user string
	// client is the whole representation, so that unknown members are compared too.
	client map[string]any
	// roles of the service account, and roles in the client's scope:
	// "realm-management/manage-users", or the name of a realm role.
	roles, scope []string
	groups       []string
}

// account reads the client of t and its service account. It returns nil if there is no such client.
func (a *Admin) account(ctx context.Context, t *target) (*account, error) {
	id, err := a.clientUUID(ctx, t.realm, t.clientID)
	if err != nil || id == "" {
		return nil, err
	}
	have := &account{id: id}
	if err := a.do(ctx, http.MethodGet, nil, &have.client, t.realm, "clients", id); err != nil {
		return nil, err
	}
	scope, err := a.client.GetClientScopeMappings(ctx, a.token, t.realm, id)
	if err != nil {
		return nil, err
	}
	have.scope = roleNames(scope)
	if have.client["serviceAccountsEnabled"] != true {
		return have, nil
	}
	user, err := a.client.GetClientServiceAccount(ctx, a.token, t.realm, id)
	if err != nil {
		return nil, err
	}
	have.user = *user.ID
	roles, err := a.client.GetRoleMappingByUserID(ctx, a.token, t.realm, have.user)
	if err != nil {
		return nil, err
	}
	have.roles = roleNames(roles)
	groups, err := a.client.GetUserGroups(ctx, a.token, t.realm, have.user, gocloak.GetGroupsParams{})
	for _, g := range groups {
		have.groups = append(have.groups, gocloak.PString(g.Path))
	}
	return have, err
}

func roleNames(m *gocloak.MappingsRepresentation) (names []string) {
	if m.RealmMappings != nil {
		for _, r := range *m.RealmMappings {
			names = append(names, gocloak.PString(r.Name))
		}
	}
	for client, c := range m.ClientMappings {
		if c.Mappings != nil {
			for _, r := range *c.Mappings {
				names = append(names, client+"/"+gocloak.PString(r.Name))
			}
		}
	}
	slices.Sort(names)
	return names
}

func (h *account) attribute(name string) string {
	all, _ := h.client["attributes"].(map[string]any)
	value, _ := all[name].(string)
	return value
}

func (h *account) marked() bool { return h.attribute(marker) == markerValue }

// earlier reports whether the account is one of the first release: it has no marker, every role of
// its service account in its scope, and the realm's default client scopes and default role.
func (h *account) earlier() bool { return h.attribute(marker) == "" && h.client["name"] == accountName }

// differences lists how the account differs from what make creates, without the differences that
// adjust corrects. An unknown member must be empty or false.
func (h *account) differences(t *target) (d []string) {
	if !h.marked() && !h.earlier() {
		d = append(d, "it does not have the attribute "+marker+" of this program")
	}
	d = append(d, h.memberDifferences()...)
	d = append(d, h.attributeDifferences()...)
	if m := h.mappers(); len(m) != 1 || !isAudienceMapper(m[0], t.realm) {
		d = append(d, "its only protocol mapper is not the audience "+t.audience)
	}
	return append(d, h.grantDifferences(t)...)
}

func (h *account) memberDifferences() (d []string) {
	want := map[string]any{
		"name": accountName, "enabled": true, "protocol": "openid-connect", "serviceAccountsEnabled": true,
		"clientAuthenticatorType": "client-secret", "nodeReRegistrationTimeout": -1.0, "defaultClientScopes": leanScopes,
	}
	elsewhere := []string{"id", "clientId", "secret", "access", "description", "attributes", "protocolMappers"}
	if h.earlier() {
		elsewhere = append(elsewhere, "fullScopeAllowed", "optionalClientScopes")
	}
	all := maps.Clone(want)
	maps.Copy(all, h.client)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		value := h.client[name]
		if h.earlier() && name == "defaultClientScopes" {
			value = onlyLean(value)
		}
		if !slices.Contains(elsewhere, name) && !same(value, want[name]) {
			d = append(d, name+" is "+shown(value))
		}
	}
	return d
}

// onlyLean returns the client scopes of a list that narrow keeps.
func onlyLean(scopes any) any {
	list, _ := scopes.([]any)
	return slices.DeleteFunc(slices.Clone(list), func(e any) bool {
		name, _ := e.(string)
		return !slices.Contains(leanScopes, name)
	})
}

func (h *account) attributeDifferences() (d []string) {
	ownOf := map[string]bool{marker: true, "client.secret.creation.time": true, "backchannel.logout.session.required": true}
	all, _ := h.client["attributes"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if value := all[name]; !ownOf[name] && value != "" && value != "false" {
			d = append(d, "attribute "+name+" is "+shown(value))
		}
	}
	return d
}

// grantDifferences compares roles, scope and groups. The account must have its role already: the
// role is never granted to an existing client.
func (h *account) grantDifferences(t *target) (d []string) {
	own := realmManagement + "/" + wholeRealmRole
	for _, r := range h.roles {
		if r != own && !(h.earlier() && r == t.defaultRole) {
			d = append(d, "its service account has the role "+r)
		}
	}
	if h.user != "" && !slices.Contains(h.roles, own) {
		d = append(d, "its service account does not have the role "+own)
	}
	for _, g := range h.groups {
		d = append(d, "its service account is in the group "+g)
	}
	for _, r := range h.scope {
		if r != own {
			d = append(d, "its scope has the role "+r)
		}
	}
	if !h.earlier() && !slices.Contains(h.scope, own) {
		d = append(d, "its scope does not have the role "+own)
	}
	return d
}

// same reports whether a member has the wanted value; nil stands for an empty value of any type.
// The order of a list does not matter.
func same(value, want any) bool {
	switch v := value.(type) {
	case nil:
		return want == nil
	case []any:
		var texts []string
		for _, e := range v {
			texts = append(texts, fmt.Sprint(e))
		}
		slices.Sort(texts)
		list, _ := want.([]string)
		return slices.Equal(texts, list)
	case map[string]any:
		return want == nil && len(v) == 0
	}
	return value == want || want == nil && (value == false || value == "" || value == 0.0)
}

// shown formats a value for an error, cut at 64 characters.
func shown(value any) string {
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(err)
	}
	if r := []rune(string(b)); len(r) > 64 {
		return string(r[:64]) + "…"
	}
	return strings.TrimSpace(string(b))
}
