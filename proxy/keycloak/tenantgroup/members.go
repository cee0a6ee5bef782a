package tenantgroup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/scim"
)

// Member is a member of the tenant's group, as the Admin REST API shows it.
type Member struct {
	ID         string              `json:"id"`
	Username   string              `json:"username"`
	Email      string              `json:"email"`
	Attributes map[string][]string `json:"attributes"` // nil if the walk is brief
}

// restarts is how often a walk begins anew if a row has moved while it read pages.
const restarts = 3

// EachMember calls visit for each user who is in the group during the whole walk. It may visit a
// user more than once. The members have no attributes if brief is true.
func (g *Group) EachMember(ctx context.Context, r *keycloak.Realm, brief bool, visit func(Member) error) error {
	id, err := g.ID(ctx, r)
	if err != nil {
		return err
	}
	read := func(first, n int) (page []Member, err error) {
		body, err := g.ask(ctx, r, fmt.Sprintf("/groups/%s/members?first=%d&max=%d&briefRepresentation=%t", url.PathEscape(id), first, n, brief))
		if err == nil && json.Unmarshal(body, &page) != nil {
			err = scim.Upstream(errors.New("the members of the group are not a list"))
		}
		return page, err
	}
	for range restarts {
		whole, err := eachOf(membersAtOnce, read, visit)
		if err != nil || whole {
			return err
		}
	}
	return scim.Unavailable("Keycloak", fmt.Errorf("the members of the group %s change all the time", g.Path()))
}

// membersAtOnce is how many users one request reads.
const membersAtOnce = 1000

// eachOf reads a list that has an order, n rows at a time. Each page begins with the last row of
// the one before it. If another row is there, rows were deleted meanwhile, and the page may lack
// some; then whole is false.
func eachOf(n int, read func(first, n int) ([]Member, error), visit func(Member) error) (whole bool, err error) {
	for first, last := 0, ""; ; {
		page, err := read(first, n)
		if err != nil {
			return false, err
		}
		if last != "" && (len(page) == 0 || page[0].ID != last) {
			return false, nil
		}
		for _, m := range page {
			if err := visit(m); err != nil {
				return false, err
			}
		}
		if len(page) < n {
			return true, nil
		}
		first, last = first+len(page)-1, page[len(page)-1].ID
	}
}
