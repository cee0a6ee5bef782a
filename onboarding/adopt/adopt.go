package adopt

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/permissions"
	"keycloak-scim-proxy/onboarding/tenant"
)

// Verdict says what becomes of a user.
type Verdict string

// The verdicts.
const (
	// Joins users become the tenant's. In a preview they would.
	Joins Verdict = "joins"
	// Present users are the tenant's already.
	Present Verdict = "present"
	// Refused users cannot be the tenant's.
	Refused Verdict = "refused"
	// Unknown users do not exist, or do not exist any more.
	Unknown Verdict = "unknown"
)

// Row is a user of the source.
type Row struct {
	// ID is "" for a user who does not exist; then Username is the text that should name one.
	ID       string  `json:"id,omitempty"`
	Username string  `json:"userName"`
	Verdict  Verdict `json:"verdict"`
	// Why is the reason for Refused and Unknown.
	Why string `json:"why,omitempty"`
}

// Counts are the numbers of users by verdict.
type Counts struct {
	Joins   int `json:"joins"`
	Present int `json:"present"`
	Refused int `json:"refused"`
	Unknown int `json:"unknown"`
}

func (c *Counts) add(v Verdict) {
	switch v {
	case Joins:
		c.Joins++
	case Present:
		c.Present++
	case Refused:
		c.Refused++
	case Unknown:
		c.Unknown++
	}
}

// Adoption brings users into a tenant.
type Adoption struct {
	admin   *onboarding.Admin
	spec    tenant.Spec
	objects tenant.Objects
	// foreign are the groups of other tenants.
	foreign map[string]bool
	// management is the id of the client whose roles administrators have.
	management string
}

// New reads what the tenant has. It fails for a tenant of a whole realm, which has all users, and
// for one that is not set up or cannot be served in its realm.
func New(ctx context.Context, admin *onboarding.Admin, spec tenant.Spec) (*Adoption, error) {
	if spec.Group == "" {
		return nil, errors.New("the tenant has the whole realm, and so all of its users already")
	}
	a := &Adoption{admin: admin, spec: spec, foreign: map[string]bool{}}
	t := tenant.New(admin, spec)
	if _, err := t.Check(ctx); err != nil {
		return nil, err
	}
	var err error
	switch a.objects, err = t.Objects(ctx); {
	case err != nil:
		return nil, err
	case a.objects.Group == "":
		return nil, fmt.Errorf("the group /%s of realm %q does not exist: set the tenant up first", spec.Group, spec.Realm)
	case spec.Organization != "" && a.objects.Organization == "":
		return nil, fmt.Errorf("the organization %s of realm %q does not exist: set the tenant up first", spec.Organization, spec.Realm)
	}
	if err := a.findForeign(ctx); err != nil {
		return nil, err
	}
	var clients []struct{ ID string }
	err = a.get(ctx, &clients, map[string][]string{"clientId": {"realm-management"}}, "clients")
	if err == nil && len(clients) == 0 {
		err = fmt.Errorf("realm %q has no client realm-management", spec.Realm)
	}
	if err == nil {
		a.management = clients[0].ID
	}
	return a, err
}

// reaching are scopes of a group that reach its members. If a member of a group with such a
// permission joins the tenant's group, Keycloak asks both permissions to agree: neither account
// reaches the user then.
var reaching = []string{"view-members", "manage-members", "manage-membership-of-members", "impersonate-members"}

// findForeign finds the groups whose members are reached by a permission.
func (a *Adoption) findForeign(ctx context.Context) error {
	set, err := permissions.Read(ctx, a.admin, a.spec.Realm)
	if err != nil {
		return err
	}
	for _, p := range set.Permissions {
		if p.ResourceType != "Groups" || !slices.ContainsFunc(p.Scopes, func(s string) bool { return slices.Contains(reaching, s) }) {
			continue
		}
		for _, id := range p.Resources {
			a.foreign[id] = id != a.objects.Group && id != p.ResourceType
		}
	}
	return nil
}

// Preview returns what Apply would do. It reports each user, and ends if report fails. It changes
// nothing.
func (a *Adoption) Preview(ctx context.Context, from Source, report func(Row) error) (Counts, error) {
	return a.run(ctx, from, report, func(context.Context, user) (Row, error) { return Row{Verdict: Joins}, nil })
}

// Apply brings the users of the source into the tenant's group, and into its organization if it has
// one. It reports each user when that is done, and ends if report fails. An interrupted call can be
// repeated: it completes what was begun.
func (a *Adoption) Apply(ctx context.Context, from Source, report func(Row) error) (Counts, error) {
	return a.run(ctx, from, report, a.join)
}

func (a *Adoption) run(ctx context.Context, from Source, report func(Row) error, do func(context.Context, user) (Row, error)) (n Counts, err error) {
	err = a.each(ctx, from, func(u user) error {
		row, err := a.judge(ctx, u)
		if err == nil && row.Verdict == Joins {
			row, err = do(ctx, u)
		}
		if onboarding.Status(err) == http.StatusNotFound {
			row, err = Row{Verdict: Unknown, Why: "the user does not exist any more"}, nil
		}
		if err != nil {
			return fmt.Errorf("user %s: %w", u.Username, err)
		}
		row.ID, row.Username = u.ID, u.Username
		n.add(row.Verdict)
		return report(row)
	})
	return n, err
}
