package tenant

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/sjson"

	"keycloak-scim-proxy/proxy/scim"
)

// annotation of an attribute of the user profile: the path of the SCIM attribute that it is.
const annotation = "kc.scim.schema.attribute"

// attribute of a realm's user profile.
type attribute struct {
	Name        string
	Multivalued bool
	Annotations map[string]any
	Permissions struct{ Edit []string }
}

func (a attribute) path() string {
	path, _ := a.Annotations[annotation].(string)
	return path
}

// profile is a realm's user profile as Keycloak wrote it. Edits address attributes by index,
// because names may have characters with a meaning in a path of sjson. Everything else stays byte
// for byte.
type profile struct {
	raw        json.RawMessage
	attributes []attribute
}

func readProfile(raw []byte) (p profile, err error) {
	var doc struct{ Attributes []attribute }
	err = json.Unmarshal(raw, &doc)
	return profile{raw, doc.Attributes}, err
}

func (t *Tenant) profile(ctx context.Context) (profile, error) {
	var raw json.RawMessage
	err := t.get(ctx, &raw, nil, "users", "profile")
	if err != nil {
		return profile{}, fmt.Errorf("user profile of realm %q: %w", t.Realm, err)
	}
	return readProfile(raw)
}

// changeProfile applies an edit to the user profile. An edit that returns nil changes nothing.
func (t *Tenant) changeProfile(ctx context.Context, edit func(profile) ([]byte, error)) error {
	p, err := t.profile(ctx)
	if err != nil {
		return err
	}
	changed, err := edit(p)
	if err != nil || changed == nil {
		return err
	}
	return t.send(ctx, http.MethodPut, changed, nil, nil, "users", "profile")
}

// reserveUsername takes the right to edit the userName from users.
func reserveUsername(p profile) ([]byte, error) {
	for i, a := range p.attributes {
		if a.Name == "username" && slices.Contains(a.Permissions.Edit, "user") {
			return sjson.SetBytes(p.raw, "attributes."+strconv.Itoa(i)+".permissions.edit", []string{"admin"})
		}
	}
	return nil, nil
}

// mapping is an attribute of SCIM with the attribute of the user profile that it is mapped to.
type mapping struct{ path, name string }

// mappingOf returns the mapping of an attribute, such as title, manager.value or the path with a
// schema's URN. It must be one text, and not one that Keycloak has anyway.
func mappingOf(asked string) (mapping, error) {
	path, err := scim.ParseAttrPath(asked)
	if err != nil {
		return mapping{}, fmt.Errorf("map %s: %w", asked, err)
	}
	schemas := scim.CoreSchemas()
	if path.URN == "" {
		if _, core := schemas.Lookup(scim.User, path); !core {
			for _, e := range schemas.Extensions(scim.User) {
				path.URN = e.ID
			}
		}
	}
	a, known := schemas.Lookup(scim.User, path)
	top, _ := schemas.Lookup(scim.User, path.Top())
	switch {
	case schemas.Open(scim.User, path): // an extension of the realm's own
	case !known || path.URN == "" && slices.Contains(native, strings.ToLower(path.Name)):
		return mapping{}, fmt.Errorf("map %s: name a text attribute of RFC 7643 that Keycloak does not have, such as title, externalId, department or manager.value, or an attribute of a schema of your own by its URN", asked)
	case a.MultiValued || top.MultiValued || a.Type != "string" && a.Type != "reference":
		return mapping{}, fmt.Errorf("map %s: only single texts can be mapped", asked)
	}
	name := path.Name
	if path.Sub != "" && !strings.EqualFold(path.Sub, "value") {
		name += "_" + path.Sub
	}
	return mapping{path.String(), name}, nil
}

// native are attributes of users that Keycloak has without a mapping.
var native = []string{"username", "name", "emails", "active", "password", "id", "meta", "groups"}

// mapped makes sure that the user profile has an attribute of SCIM.
func (t *Tenant) mapped(asked string) step {
	return step{
		look: func(ctx context.Context) (*Change, error) {
			m, err := mappingOf(asked)
			if err != nil {
				return nil, err
			}
			p, err := t.profile(ctx)
			if err != nil {
				return nil, err
			}
			c := &Change{What: "attribute " + m.name + " of the user profile", To: "the SCIM attribute " + m.path}
			switch i, err := p.find(m); {
			case err != nil:
				return nil, fmt.Errorf("map %s: %w", asked, err)
			case i < 0:
				return c, nil
			case p.attributes[i].path() == "":
				c.From = "no SCIM attribute"
				return c, nil
			}
			return nil, nil
		},
		do: func(ctx context.Context) error {
			return t.changeProfile(ctx, func(p profile) ([]byte, error) {
				m, err := mappingOf(asked)
				if err != nil {
					return nil, err
				}
				i, err := p.find(m)
				if err != nil {
					return nil, err
				}
				if i >= 0 {
					annotations := map[string]any{annotation: m.path}
					maps.Copy(annotations, p.attributes[i].Annotations)
					return sjson.SetBytes(p.raw, "attributes."+strconv.Itoa(i)+".annotations", annotations)
				}
				return sjson.SetBytes(p.raw, "attributes.-1", map[string]any{
					"name": m.name, "annotations": map[string]string{annotation: m.path},
					"permissions": map[string][]string{"view": {"admin"}, "edit": {"admin"}},
				})
			})
		},
	}
}

// find returns the index of the attribute that has the mapping, or of the one that may get it; -1
// if there is none. Two attributes with one mapping would be ambiguous.
func (p profile) find(m mapping) (int, error) {
	i := slices.IndexFunc(p.attributes, func(a attribute) bool { return a.path() == m.path })
	if i < 0 {
		i = slices.IndexFunc(p.attributes, func(a attribute) bool { return a.Name == m.name })
	}
	switch {
	case i < 0:
		return i, nil
	case p.attributes[i].path() != "" && p.attributes[i].path() != m.path:
		return i, fmt.Errorf("the attribute %s of the user profile is already the SCIM attribute %s", m.name, p.attributes[i].path())
	case p.attributes[i].Multivalued:
		return i, fmt.Errorf("the attribute %s of the user profile has several values", p.attributes[i].Name)
	case !slices.Contains(p.attributes[i].Permissions.Edit, "admin"):
		return i, fmt.Errorf("administrators may not edit the attribute %s of the user profile", p.attributes[i].Name)
	}
	return i, nil
}
