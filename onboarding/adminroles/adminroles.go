package adminroles

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"keycloak-scim-proxy/onboarding"
)

const (
	realmManagement = "realm-management"
	wholeRealmRole  = "manage-users"
)

// harmless are the roles of realm-management that allow no more than manage-users does.
var harmless = []string{wholeRealmRole, "view-users", "query-users", "query-groups", "query-clients", "query-realms"}

// shownHolders bounds how many holders of a role a warning names.
const shownHolders = 5

// Risks returns warnings about a realm in which an account with manage-users can get more rights:
// groups and users with an administrator's role, also by a composite role. A holder of the
// account's secret can put a user of their own into such a group, and set such a user's password.
func Risks(ctx context.Context, a *onboarding.Admin, realm string) (risks []string, err error) {
	all, err := Read(ctx, a, realm)
	return RisksOf(realm, all), err
}

// RisksOf returns the warnings of Risks about roles that were read.
func RisksOf(realm string, all []Role) (risks []string) {
	for _, r := range all {
		const what = "realm %q: the %s %s have the administrator's role %s, and a holder of the secret of an account with " + wholeRealmRole + " can "
		if len(r.Groups) > 0 {
			risks = append(risks, fmt.Sprintf(what+"put a user of their own into them (CVE-2026-94000, fixed in Keycloak 26.8.1): take the role from the groups",
				realm, "groups", some(r.Groups), r.Name))
		}
		if len(r.Users) > 0 {
			risks = append(risks, fmt.Sprintf(what+"set their passwords: let administrators be users of another realm",
				realm, "users", some(r.Users), r.Name))
		}
	}
	return risks
}

// Role is an administrator's role of a realm, with those who have it directly.
type Role struct {
	// Name is its name, with the client of a client's role in front of it.
	Name string
	// Groups are paths, Users are names.
	Groups, Users []string
}

// Read returns the administrator's roles of a realm, including composite ones.
func Read(ctx context.Context, a *onboarding.Admin, realm string) (all []Role, err error) {
	in := reader{a, realm}
	roles, err := in.adminRoles(ctx)
	if err != nil {
		return nil, fmt.Errorf("roles of realm %q: %w", realm, err)
	}
	for _, r := range roles {
		groups, users, err := in.holders(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("holders of role %s in realm %q: %w", r.label(), realm, err)
		}
		all = append(all, Role{r.label(), groups, users})
	}
	return all, nil
}

// some joins names, at most shownHolders of them.
func some(names []string) string {
	if len(names) > shownHolders {
		return strings.Join(names[:shownHolders], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}

// client of a realm.
type client struct{ ID, ClientID string }

// reader reads a realm.
type reader struct {
	admin *onboarding.Admin
	realm string
}

func (in reader) get(ctx context.Context, result any, path ...string) error {
	if err := in.admin.Renew(ctx); err != nil {
		return err
	}
	_, err := in.admin.Do(ctx, in.realm, onboarding.Request{Method: http.MethodGet, Path: path, Result: result})
	return err
}

// role of a realm or of one of its clients.
type role struct {
	ID, Name  string
	Composite bool
	client    client
}

func (r role) label() string {
	if r.client.ClientID != "" {
		return r.client.ClientID + "/" + r.Name
	}
	return r.Name
}

// path of the role in the Admin REST API.
func (r role) path(of string) []string {
	if r.client.ID != "" {
		return []string{"clients", r.client.ID, "roles", r.Name, of}
	}
	return []string{"roles", r.Name, of}
}

// adminRoles returns the realm's role admin, the roles of realm-management that are not harmless,
// and every role that includes one of them.
func (in reader) adminRoles(ctx context.Context) ([]role, error) {
	all, err := in.roles(ctx)
	if err != nil {
		return nil, err
	}
	includes := map[string][]role{}
	admin := map[string]bool{}
	for _, r := range all {
		ours := r.client.ClientID == realmManagement
		admin[r.ID] = ours && !slices.Contains(harmless, r.Name) || r.client.ID == "" && r.Name == "admin"
		if r.Composite {
			var parts []role
			if err := in.get(ctx, &parts, "roles-by-id", r.ID, "composites"); err != nil {
				return nil, err
			}
			includes[r.ID] = parts
		}
	}
	for grown := true; grown; {
		grown = false
		for id, parts := range includes {
			if !admin[id] && slices.ContainsFunc(parts, func(p role) bool { return admin[p.ID] }) {
				admin[id], grown = true, true
			}
		}
	}
	return slices.DeleteFunc(all, func(r role) bool { return !admin[r.ID] }), nil
}

// roles returns all roles of a realm and of its clients.
func (in reader) roles(ctx context.Context) ([]role, error) {
	var all []role
	if err := in.get(ctx, &all, "roles"); err != nil {
		return nil, err
	}
	var clients []client
	if err := in.get(ctx, &clients, "clients"); err != nil {
		return nil, err
	}
	for _, c := range clients {
		var some []role
		if err := in.get(ctx, &some, "clients", c.ID, "roles"); err != nil {
			return nil, err
		}
		for _, r := range some {
			r.client = c
			all = append(all, r)
		}
	}
	return all, nil
}

// holders returns the paths of the groups and the names of the users that have the role directly.
// It leaves out service accounts, which cannot get a password.
func (in reader) holders(ctx context.Context, r role) (groups, users []string, err error) {
	var found []struct{ Path, Username string }
	if err := in.get(ctx, &found, r.path("groups")...); err != nil {
		return nil, nil, err
	}
	for _, g := range found {
		groups = append(groups, g.Path)
	}
	found = nil
	if err := in.get(ctx, &found, r.path("users")...); err != nil {
		return nil, nil, err
	}
	for _, u := range found {
		if !strings.HasPrefix(u.Username, "service-account-") {
			users = append(users, u.Username)
		}
	}
	return groups, users, nil
}
