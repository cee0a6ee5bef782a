package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/attacks"
)

// sampled is how many users are looked at that the account sees.
const sampled = 200

// sight proves that the account sees users of its group only.
func (p *Proof) sight(ctx context.Context) error {
	type user struct{ ID, Username string }
	var f []Finding
	for _, query := range []url.Values{{"search": {p.run + "*"}}, {"max": {fmt.Sprint(sampled)}}} {
		query.Set("briefRepresentation", "true")
		var seen []user
		if err := p.list(ctx, attacks.Admin, "/users?"+query.Encode(), &seen); err != nil {
			return err
		}
		for _, u := range seen {
			is, err := p.isMember(ctx, u.ID)
			if err != nil {
				return err
			}
			if !is {
				f = append(f, red("the account sees the user %s, who is not in the group /%s", u.Username, p.spec.Group))
			}
		}
	}
	for _, u := range []string{outsider, boss, neighbour} {
		var page struct{ TotalResults int }
		if err := p.list(ctx, attacks.SCIM, "/Users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", p.run+u)), &page); err != nil {
			return err
		}
		if page.TotalResults != 0 {
			f = append(f, red("the account finds the user %s by the SCIM API", p.run+u))
		}
	}
	var seen []struct{ Name string }
	if err := p.list(ctx, attacks.Admin, "/groups?search="+url.QueryEscape(p.run), &seen); err != nil {
		return err
	}
	if len(seen) > 0 {
		f = append(f, red("the account finds the group %s", seen[0].Name))
	}
	p.report.step("sight", fmt.Sprintf("the account finds no decoy, and up to %d users that it lists are in its group", sampled), f...)
	return nil
}

func (p *Proof) list(ctx context.Context, api attacks.API, path string, result any) error {
	status, body, err := p.send(ctx, Request{api, http.MethodGet, path, ""})
	switch {
	case err != nil:
		return err
	case status == http.StatusForbidden:
		return nil
	case status != http.StatusOK:
		return fmt.Errorf("GET %s by the %s API was answered %d", path, api, status)
	}
	return json.Unmarshal(body, result)
}

// isMember reports whether a user is in the tenant's group. One that was deleted meanwhile counts.
func (p *Proof) isMember(ctx context.Context, user string) (bool, error) {
	if err := p.admin.Renew(ctx); err != nil {
		return false, err
	}
	all, err := onboarding.Pages[struct{ ID string }](ctx, p.admin, p.spec.Realm, nil, "users", user, "groups")
	if onboarding.Status(err) == http.StatusNotFound {
		return true, nil
	}
	return slices.ContainsFunc(all, func(g struct{ ID string }) bool { return g.ID == p.found.objects.Group }), err
}
