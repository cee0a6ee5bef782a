package privilege

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/scim"
)

// observer asks Keycloak with the account's own token.
type observer struct {
	account *keycloak.Account
	names   *strings.Replacer
	rights  []string
	open    error // why something could not be decided, or nil
}

// observe returns what the account may do beyond the needs of its tenant. The error says why not
// everything could be decided.
func observe(ctx context.Context, a *keycloak.Account, group string) (rights []string, err error) {
	token, err := a.Token(ctx)
	if err != nil {
		return nil, err
	}
	claims, err := fault.ClaimsOf(token)
	if err != nil {
		return nil, scim.Upstream(err)
	}
	realm := "/realms/" + url.PathEscape(a.Realm())
	names := []string{"{admin}", "/admin" + realm, "{realm}", realm, "{scim}", realm + "/scim/v2", "{self}", url.PathEscape(claims.Subject)}
	o := &observer{account: a, names: strings.NewReplacer(names...)}
	o.all(ctx, everywhere)
	if group == "" {
		return o.rights, o.open
	}
	var own resource
	if !o.read(ctx, "{admin}/group-by-path/"+url.PathEscape(group), &own) || own.ID == "" {
		return o.rights, o.open // the account cannot work in the group: see package tenantgroup
	}
	o.names = strings.NewReplacer(append(names, "{group}", url.PathEscape(own.ID))...)
	o.all(ctx, outside)
	o.group(ctx)
	o.users(ctx)
	return o.rights, o.open
}

// may notes a right. Several observations show some of them.
func (o *observer) may(right string) {
	if !slices.Contains(o.rights, right) {
		o.rights = append(o.rights, right)
	}
}

func (o *observer) all(ctx context.Context, some []observation) {
	for _, one := range some {
		if status, body, answered := o.ask(ctx, one); answered && one.proves(status, body) {
			o.may(one.right)
		}
	}
}

// ask sends a request. It reports false if the answer decides nothing. A 404 denies the right,
// whoever answers it: a feature may be off, or the path closed in front of Keycloak.
func (o *observer) ask(ctx context.Context, one observation) (status int, body []byte, answered bool) {
	status, body, err := o.account.Ask(ctx, one.method, o.names.Replace(one.path), one.body)
	proven := one.proves != nil && one.proves(status, body)
	switch {
	case status == http.StatusNotFound, status == http.StatusNotImplemented, proven:
		err = nil
	case err == nil && (status == http.StatusTooManyRequests || status >= http.StatusInternalServerError):
		err = errors.New(one.method + " " + one.path + " was answered " + fault.Said(status, body))
	}
	if err != nil && o.open == nil {
		o.open = scim.Unavailable("what the account may do", err)
	}
	return status, body, err == nil
}

// read reads something as JSON. It reports false if the account may not see it.
func (o *observer) read(ctx context.Context, path string, into any) bool {
	status, body, answered := o.ask(ctx, observation{method: http.MethodGet, path: path})
	return answered && status == http.StatusOK && json.Unmarshal(body, into) == nil
}

// resource is what Admin REST shows of a group or a user.
type resource struct {
	ID       string          `json:"id"`
	Children int             `json:"subGroupCount"`
	Access   map[string]bool `json:"access"`
}

// again is how often a count is compared with a list that others may change meanwhile.
const again = 4

// mostChildren is how many groups of the pool are looked at.
const mostChildren = 1000

// group looks at the rights on the tenant's group and on its pool, and counts groups outside.
func (o *observer) group(ctx context.Context) {
	var own resource
	more := 0
	for range again {
		var visible struct{ Count int }
		if !o.read(ctx, "{admin}/groups/count", &visible) || !o.read(ctx, "{admin}/groups/{group}", &own) {
			return
		}
		if more = visible.Count - own.Children - 1; more <= 0 {
			break
		}
	}
	if more > 0 {
		o.may(fmt.Sprintf("see %d more groups than its own and the pool (view-users, manage-users, a permission on other Groups)", more))
	}
	if own.Access["manage"] {
		o.may("rename and delete its own group (manage-users, the scope manage on it)")
	}
	var pool []resource
	o.read(ctx, fmt.Sprintf("{admin}/groups/{group}/children?first=0&max=%d&briefRepresentation=false", mostChildren), &pool)
	for _, g := range pool {
		for scope, name := range map[string]string{"viewMembers": "view-members", "manageMembers": "manage-members"} {
			if g.Access[scope] {
				o.may("reach users by groups of the pool (view-users, manage-users, the scope " + name + " on Groups)")
			}
		}
	}
}

// users compares the users that the account sees with the members of the group, and looks at its
// rights on one of them.
func (o *observer) users(ctx context.Context) {
	var last []resource
	seen := 0
	for range again {
		if !o.read(ctx, "{admin}/users/count", &seen) {
			return
		}
		if !o.read(ctx, fmt.Sprintf("{admin}/groups/{group}/members?first=%d&max=2&briefRepresentation=true", max(seen-1, 0)), &last) {
			return
		}
		if len(last) > 0 || seen == 0 {
			break
		}
	}
	if seen > 0 && len(last) == 0 {
		o.may("see users who are not members of its group (view-users, manage-users, a permission on Users, the scope view-members on other Groups)")
	}
	var one resource
	if len(last) == 0 || !o.read(ctx, "{admin}/users/"+url.PathEscape(last[0].ID), &one) {
		return
	}
	if one.Access["impersonate"] {
		o.may("sign in as users of its group (impersonation, the scope impersonate-members on its group, a permission on Users)")
	}
	if one.Access["mapRoles"] {
		o.may("change the roles of users of its group (manage-users, a permission on Users)")
	}
}
