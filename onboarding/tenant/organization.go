package tenant

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
)

// keycloakID is the form of an id. No alias can be one: it would be taken for the id.
var keycloakID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// OrganizationID returns the id of the tenant's organization, "" if it does not exist.
func (t *Tenant) OrganizationID(ctx context.Context) (string, error) {
	type organization struct{ ID, Alias string }
	if keycloakID.MatchString(t.Organization) {
		var o organization
		err := t.get(ctx, &o, nil, "organizations", t.Organization)
		return o.ID, absent(err)
	}
	var all []organization
	err := t.get(ctx, &all, url.Values{"search": {t.Organization}, "exact": {"true"}}, "organizations")
	for _, o := range all {
		if o.Alias == t.Organization {
			return o.ID, nil
		}
	}
	return "", absent(err) // 404: organizations are off
}

func (t *Tenant) organization() step {
	return step{
		look: func(ctx context.Context) (*Change, error) {
			id, err := t.OrganizationID(ctx)
			switch {
			case err != nil || id != "":
				return nil, err
			case keycloakID.MatchString(t.Organization):
				return nil, fmt.Errorf("there is no organization with the id %s in realm %q", t.Organization, t.Realm)
			}
			return &Change{What: "organization", To: t.Organization}, nil
		},
		do: func(ctx context.Context) error {
			return t.send(ctx, http.MethodPost, map[string]any{"name": t.Organization, "alias": t.Organization, "enabled": true}, "organizations")
		},
	}
}
