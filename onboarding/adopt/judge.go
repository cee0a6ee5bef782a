package adopt

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"keycloak-scim-proxy/onboarding"
)

// group of a user.
type group struct{ ID, Path, ParentID string }

// everything is the role that includes all others of administrators.
const everything = "realm-admin"

// judge decides on a user. It changes nothing.
func (a *Adoption) judge(ctx context.Context, u user) (Row, error) {
	switch {
	case u.ID == "":
		return Row{Verdict: Unknown, Why: "no user has this name or id"}, nil
	case strings.HasPrefix(u.Username, "service-account-"):
		return Row{Verdict: Refused, Why: "it is the service account of a client"}, nil
	}
	in, foreign, err := a.groups(ctx, u)
	if err != nil {
		return Row{}, err
	}
	if foreign != "" {
		return refusedBy(foreign), nil
	}
	if in {
		joined, err := a.inOrganization(ctx, u)
		if err != nil || joined {
			return Row{Verdict: Present}, err
		}
	}
	// Effective roles: also those of groups and of composite roles.
	var roles []struct{ Name string }
	if err := a.get(ctx, &roles, nil, "users", u.ID, "role-mappings", "clients", a.management, "composite"); err != nil {
		return Row{}, err
	}
	if len(roles) > 0 {
		name := roles[0].Name
		if slices.ContainsFunc(roles, func(r struct{ Name string }) bool { return r.Name == everything }) {
			name = everything
		}
		return Row{Verdict: Refused, Why: "the user has the administrator's role " + name}, nil
	}
	return Row{Verdict: Joins}, nil
}

func refusedBy(path string) Row {
	return Row{Verdict: Refused, Why: "the user is in the group " + path + ", whose members a permission gives to others: it belongs to another tenant"}
}

// groups reports whether a user is in the tenant's group, and the path of a foreign group.
func (a *Adoption) groups(ctx context.Context, u user) (in bool, foreign string, err error) {
	all, err := onboarding.Pages[group](ctx, a.admin, a.spec.Realm, nil, "users", u.ID, "groups")
	for _, g := range all {
		in = in || g.ID == a.objects.Group
		if a.foreign[g.ID] || a.foreign[g.ParentID] {
			foreign = g.Path
		}
	}
	return in, foreign, err
}

func (a *Adoption) inOrganization(ctx context.Context, u user) (bool, error) {
	if a.objects.Organization == "" {
		return true, nil
	}
	err := a.get(ctx, nil, nil, "organizations", a.objects.Organization, "members", u.ID)
	if onboarding.Status(err) == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}

// join brings a user into the tenant's group and organization. Another tenant may have adopted the
// user at the same time: then the user leaves the group again, so that no user has two tenants.
func (a *Adoption) join(ctx context.Context, u user) (Row, error) {
	path := []string{"users", u.ID, "groups", a.objects.Group}
	if err := a.send(ctx, http.MethodPut, nil, path...); err != nil {
		return Row{}, err
	}
	settled := context.WithoutCancel(ctx)
	switch _, foreign, err := a.groups(settled, u); {
	case err != nil:
		return Row{}, err
	case foreign != "":
		return refusedBy(foreign), a.send(settled, http.MethodDelete, nil, path...)
	}
	if a.objects.Organization == "" {
		return Row{Verdict: Joins}, nil
	}
	err := a.send(ctx, http.MethodPost, []byte(strconv.Quote(u.ID)), "organizations", a.objects.Organization, "members")
	if onboarding.Status(err) == http.StatusConflict { // a member already
		err = nil
	}
	return Row{Verdict: Joins}, err
}
