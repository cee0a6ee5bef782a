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
	id, err := a.clientUUID(ctx, t.Realm, t.ClientID)
	if err != nil || id == "" {
		return nil, err
	}
	have := &account{id: id}
	if err := a.do(ctx, http.MethodGet, nil, &have.client, t.Realm, "clients", id); err != nil {
		return nil, err
	}
	scope, err := a.client.GetClientScopeMappings(ctx, a.token, t.Realm, id)
	if err != nil {
		return nil, err
	}
	have.scope = roleNames(scope)
	if have.client["serviceAccountsEnabled"] != true {
		return have, nil
	}
	user, err := a.client.GetClientServiceAccount(ctx, a.token, t.Realm, id)
	if err != nil {
		return nil, err
	}
	have.user = *user.ID
	roles, err := a.client.GetRoleMappingByUserID(ctx, a.token, t.Realm, have.user)
	if err != nil {
		return nil, err
	}
	have.roles = roleNames(roles)
	groups, err := a.client.GetUserGroups(ctx, a.token, t.Realm, have.user, gocloak.GetGroupsParams{})
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

// mark is the value of the attribute that marks the client, "" if it has none.
func (h *account) mark() string {
	all, _ := h.client["attributes"].(map[string]any)
	value, _ := all[marker].(string)
	return value
}

// authenticates reports whether the client proves who it is as it shall.
func (h *account) authenticates(t *target) bool {
	all, _ := h.client["attributes"].(map[string]any)
	for _, name := range []string{"use.jwks.string", "jwks.string", "token.endpoint.auth.signing.alg"} {
		if value, _ := all[name].(string); t.Key != nil && value != t.attributes[name] {
			return false
		}
	}
	return h.client["clientAuthenticatorType"] == t.authenticator()
}

func (h *account) marked() bool { return h.mark() != "" }

// earlier reports whether the account is one of the first release: it has no marker, every role of
// its service account in its scope, and the realm's default client scopes and default role.
func (h *account) earlier() bool { return h.mark() == "" && h.client["name"] == accountName }

// unfinished reports whether the creation of the account was interrupted before it got its roles:
// everything else is as make creates it, and its service account has no role but the default one.
// Such a client can do nothing, whoever created it. A kind without roles is unfinished as long as
// the account has the default role or groups.
func (h *account) unfinished(t *target) bool {
	return h.mark() == t.Kind.mark && len(h.shapeDifferences(t)) == 0 &&
		len(t.Kind.roles)+len(h.roles)+len(h.groups) > 0 &&
		!slices.ContainsFunc(h.roles, func(r string) bool { return r != t.defaultRole })
}

// differences lists how the account differs from what make creates, without the differences that
// adjust corrects. An unknown member must be empty or false.
func (h *account) differences(t *target) (d []string) {
	switch mark := h.mark(); {
	case mark == t.Kind.mark, h.earlier() && t.Kind.mark == WholeRealm.mark:
	case mark == "":
		d = append(d, "it does not have the attribute "+marker+" of this program")
	default:
		d = append(d, "its attribute "+marker+" is "+shown(mark)+" and not "+shown(t.Kind.mark))
	}
	return append(append(d, h.shapeDifferences(t)...), h.grantDifferences(t)...)
}

// shapeDifferences compares everything but roles, scope and groups.
func (h *account) shapeDifferences(t *target) []string {
	return slices.Concat(h.memberDifferences(t), h.attributeDifferences(t), h.mapperDifferences(t))
}

func (h *account) mapperDifferences(t *target) []string {
	if m := h.mappers(); len(m) != 1 || !isAudienceMapper(m[0], t.place) {
		return []string{"its only protocol mapper is not the audience " + t.audience}
	}
	return nil
}

func (h *account) memberDifferences(t *target) (d []string) {
	if how := h.client["clientAuthenticatorType"]; how != "client-secret" && how != t.authenticator() {
		d = append(d, "clientAuthenticatorType is "+shown(how))
	}
	want := map[string]any{
		"name": accountName, "enabled": true, "protocol": "openid-connect", "serviceAccountsEnabled": true,
		"nodeReRegistrationTimeout": -1.0, "defaultClientScopes": t.Kind.clientScopes(),
	}
	elsewhere := []string{"id", "clientId", "secret", "access", "description", "attributes", "protocolMappers", "clientAuthenticatorType"}
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

func (h *account) attributeDifferences(t *target) (d []string) {
	ownOf := map[string]bool{marker: true, "client.secret.creation.time": true, "backchannel.logout.session.required": true}
	for name := range t.attributes { // of a key: see authenticates
		ownOf[name] = true
	}
	all, _ := h.client["attributes"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if value := all[name]; !ownOf[name] && value != "" && value != "false" {
			d = append(d, "attribute "+name+" is "+shown(value))
		}
	}
	return d
}

// grantDifferences compares roles, scope and groups. The account must have its roles already: a
// role is never granted to an existing client.
func (h *account) grantDifferences(t *target) (d []string) {
	var own []string
	for _, name := range t.Kind.roles {
		own = append(own, realmManagement+"/"+name)
	}
	for _, r := range h.roles {
		if !slices.Contains(own, r) && !(h.earlier() && r == t.defaultRole) {
			d = append(d, "its service account has the role "+r)
		}
	}
	for _, g := range h.groups {
		d = append(d, "its service account is in the group "+g)
	}
	for _, r := range h.scope {
		if !slices.Contains(own, r) {
			d = append(d, "its scope has the role "+r)
		}
	}
	for _, r := range own {
		if h.user != "" && !slices.Contains(h.roles, r) {
			d = append(d, "its service account does not have the role "+r)
		}
		if !h.earlier() && !slices.Contains(h.scope, r) {
			d = append(d, "its scope does not have the role "+r)
		}
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
