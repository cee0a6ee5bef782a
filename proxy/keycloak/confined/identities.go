package confined

import (
	"context"
	"fmt"

	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

var externalID = scim.AttrPath{Name: "externalId"}

// IdentityKey says where the values of Identities come from.
func (d *Directory) IdentityKey() string {
	return fmt.Sprintf("%q %t", d.profile.Attribute(externalID), d.profile.Addressed())
}

// Identities calls visit for each user and each group of the tenant that exists during the whole
// walk, with userName, e-mail address, displayName and externalId as Keycloak shows them. It may
// visit a resource more than once.
func (d *Directory) Identities(ctx context.Context, visit func(t scim.ResourceType, r scim.Resource) error) error {
	groups, err := d.group.Children(ctx, d.Realm)
	if err != nil {
		return err
	}
	for _, c := range groups {
		if tenantgroup.Hidden(c.Name) {
			continue
		}
		if err := visit(scim.Group, standard(c)); err != nil {
			return err
		}
	}
	mapped := d.profile.Attribute(externalID)
	return d.group.EachMember(ctx, d.Realm, mapped == "", func(m tenantgroup.Member) error { return visit(scim.User, identified(m, mapped)) })
}

// identified is a member with its identities; mapped is the name of the attribute that holds the
// externalId, or "".
func identified(m tenantgroup.Member, mapped string) scim.Resource {
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
