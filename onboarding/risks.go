package onboarding

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/Nerzal/gocloak/v13"
)

// harmless are the roles of realm-management that allow no more than manage-users does.
var harmless = []string{wholeRealmRole, "view-users", "query-users", "query-groups", "query-clients", "query-realms"}

// shownHolders bounds how many holders of a role a warning names.
const shownHolders = 5

// Risks returns warnings about a realm in which an account with manage-users can get more rights:
// groups and users with an administrator's role, also by a composite role. A holder of the
// account's secret can put a user of their own into such a group, and set such a user's password.
func (a *Admin) Risks(ctx context.Context, realm string) (risks []string, err error) {
	all, err := a.AdminRoles(ctx, realm)
	for _, r := range all {
		const what = "realm %q: the %s %s have the administrator's role %s, and a holder of the secret of an account with " + wholeRealmRole + " can "
		if len(r.Groups) > 0 {
			risks = append(risks, fmt.Sprintf(what+"put a user of their own into them (CVE-2026-94000, fixed in Keycloak 26.8.1): take the role from the groups",
				realm, "groups", some(r.Groups), r.Role))
		}
		if len(r.Users) > 0 {
			risks = append(risks, fmt.Sprintf(what+"set their passwords: let administrators be users of another realm",
				realm, "users", some(r.Users), r.Role))
		}
	}
	return risks, err
}

// AdminRole is an administrator's role of a realm, and who has it directly.
type AdminRole struct {
	// Role is its name, with the client of a client's role in front of it.
	Role string
	// Groups are paths, Users are names.
	Groups, Users []string
}

// AdminRoles returns the administrator's roles of a realm, including composite ones.
func (a *Admin) AdminRoles(ctx context.Context, realm string) (all []AdminRole, err error) {
	roles, err := a.adminRoles(ctx, realm)
	if err != nil {
		return nil, fmt.Errorf("roles of realm %q: %w", realm, err)
	}
	for _, r := range roles {
		groups, users, err := a.holders(ctx, realm, r)
		if err != nil {
			return nil, fmt.Errorf("holders of role %s in realm %q: %w", r.label(), realm, err)
		}
		all = append(all, AdminRole{r.label(), groups, users})
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

// role of a realm or of one of its clients.
type role struct {
	ID, Name  string
	Composite bool
	client    gocloak.Client
}

func (r role) label() string {
	if r.client.ClientID != nil {
		return *r.client.ClientID + "/" + r.Name
	}
	return r.Name
}

// path of the role in the Admin REST API.
func (r role) path(realm string) []string {
	if r.client.ID != nil {
		return []string{realm, "clients", *r.client.ID, "roles", r.Name}
	}
	return []string{realm, "roles", r.Name}
}

// adminRoles returns the realm's role admin, the roles of realm-management that are not harmless,
// and every role that includes one of them.
func (a *Admin) adminRoles(ctx context.Context, realm string) ([]role, error) {
	all, err := a.roles(ctx, realm)
	if err != nil {
		return nil, err
	}
	includes := map[string][]role{}
	admin := map[string]bool{}
	for _, r := range all {
		ours := gocloak.PString(r.client.ClientID) == realmManagement
		admin[r.ID] = ours && !slices.Contains(harmless, r.Name) || r.client.ID == nil && r.Name == "admin"
		if r.Composite {
			var parts []role
			if err := a.do(ctx, http.MethodGet, nil, &parts, realm, "roles-by-id", r.ID, "composites"); err != nil {
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
func (a *Admin) roles(ctx context.Context, realm string) ([]role, error) {
	var all []role
	if err := a.do(ctx, http.MethodGet, nil, &all, realm, "roles"); err != nil {
		return nil, err
	}
	clients, err := a.client.GetClients(ctx, a.token, realm, gocloak.GetClientsParams{})
	if err != nil {
		return nil, err
	}
	for _, c := range clients {
		var some []role
		if err := a.do(ctx, http.MethodGet, nil, &some, realm, "clients", *c.ID, "roles"); err != nil {
			return nil, err
		}
		for _, r := range some {
			r.client = *c
			all = append(all, r)
		}
	}
	return all, nil
}

// holders returns the paths of the groups and the names of the users that have the role directly.
// It leaves out service accounts, which cannot get a password.
func (a *Admin) holders(ctx context.Context, realm string, r role) (groups, users []string, err error) {
	var found []struct{ Path, Username string }
	if err := a.do(ctx, http.MethodGet, nil, &found, append(r.path(realm), "groups")...); err != nil {
		return nil, nil, err
	}
	for _, g := range found {
		groups = append(groups, g.Path)
	}
	found = nil
	if err := a.do(ctx, http.MethodGet, nil, &found, append(r.path(realm), "users")...); err != nil {
		return nil, nil, err
	}
	for _, u := range found {
		if !strings.HasPrefix(u.Username, "service-account-") {
			users = append(users, u.Username)
		}
	}
	return groups, users, nil
}
