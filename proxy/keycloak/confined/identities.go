package confined

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// member is a member of the tenant's group, as the Admin REST API shows it.
type member struct {
	ID         string              `json:"id"`
	Username   string              `json:"username"`
	Email      string              `json:"email"`
	Attributes map[string][]string `json:"attributes"`
}

// restarts is how often a walk begins anew if a row has moved while it read pages.
const restarts = 3

var externalID = scim.AttrPath{Name: "externalId"}

// IdentityKey says where the values of Identities come from.
func (d *Directory) IdentityKey() string {
	return fmt.Sprintf("%q %t", d.profile.Attribute(externalID), d.profile.Addressed())
}

// Identities calls visit for each user and each group of the tenant that exists during the whole
// walk, with userName, e-mail address, displayName and externalId as Keycloak shows them. It may
// visit a resource more than once.
func (d *Directory) Identities(ctx context.Context, visit func(t scim.ResourceType, r scim.Resource) error) error {
	groups, err := d.group.children(ctx, d.Realm)
	if err != nil {
		return err
	}
	for _, c := range groups {
		if Free(c.Name) {
			continue
		}
		if err := visit(scim.Group, standard(c)); err != nil {
			return err
		}
	}
	id, err := d.group.idOf(ctx, d.Realm)
	if err != nil {
		return err
	}
	mapped := d.profile.Attribute(externalID)
	read := func(first, n int) (page []member, err error) {
		body, err := d.group.ask(ctx, d.Realm, fmt.Sprintf("/groups/%s/members?first=%d&max=%d&briefRepresentation=%t", url.PathEscape(id), first, n, mapped == ""))
		if err == nil && json.Unmarshal(body, &page) != nil {
			err = scim.Upstream(errors.New("the members of the group are not a list"))
		}
		return page, err
	}
	for range restarts {
		whole, err := eachOf(membersAtOnce, read, func(m member) error { return visit(scim.User, m.standard(mapped)) })
		if err != nil || whole {
			return err
		}
	}
	return scim.Unavailable("Keycloak", fmt.Errorf("the members of the group /%s change all the time", d.group.name))
}

// membersAtOnce is how many users one request reads.
const membersAtOnce = 1000

// eachOf reads a list that has an order, n rows at a time. Each page begins with the last row of
// the one before it. If another row is there, rows were deleted meanwhile, and the page may lack
// some; then whole is false.
func eachOf(n int, read func(first, n int) ([]member, error), visit func(member) error) (whole bool, err error) {
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

// standard is a member with its identities; mapped is the name of the attribute that holds the
// externalId, or "".
func (m member) standard(mapped string) scim.Resource {
	doc := document.Must(`{"schemas":["` + scim.UserURN + `"]}`).Object()
	doc.Put("id", document.Quote(m.ID))
	doc.Put("userName", document.Quote(m.Username))
	if m.Email != "" {
		doc.Put("emails", `[{"value":`+document.Quote(m.Email)+`}]`)
	}
	if all := m.Attributes[mapped]; len(all) > 0 {
		doc.Put("externalId", document.Quote(all[0]))
	}
	return doc.Resource()
}
