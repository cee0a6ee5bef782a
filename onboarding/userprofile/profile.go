package userprofile

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

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/proxy/scim"
)

// annotation of an attribute of the user profile: the path of the SCIM attribute that it is.
const annotation = "kc.scim.schema.attribute"

// attribute of a realm's user profile.
type attribute struct {
	raw         json.RawMessage
	Name        string
	Multivalued bool
	Annotations map[string]any
	Permissions struct{ Edit []string }
}

func (a attribute) path() string {
	path, _ := a.Annotations[annotation].(string)
	return path
}

// Profile is a realm's user profile as Keycloak wrote it. Edits address attributes by index,
// because names may have characters with a meaning in a path of sjson. Everything else stays byte
// for byte.
type Profile struct {
	raw        json.RawMessage
	attributes []attribute
}

func parse(raw []byte) (Profile, error) {
	var doc struct{ Attributes []json.RawMessage }
	if err := json.Unmarshal(raw, &doc); err != nil {
		return Profile{}, err
	}
	p := Profile{raw, make([]attribute, len(doc.Attributes))}
	for i, text := range doc.Attributes {
		p.attributes[i].raw = text
		_ = json.Unmarshal(text, &p.attributes[i]) // one that is not an object has no name
	}
	return p, nil
}

// Read reads the user profile of a realm.
func Read(ctx context.Context, a *onboarding.Admin, realm string) (Profile, error) {
	var raw json.RawMessage
	if _, err := a.Do(ctx, realm, onboarding.Request{Method: http.MethodGet, Path: path, Result: &raw}); err != nil {
		return Profile{}, fmt.Errorf("user profile of realm %q: %w", realm, err)
	}
	return parse(raw)
}

var path = []string{"users", "profile"}

// Change applies an edit to the user profile of a realm. An edit that returns nil changes nothing.
func Change(ctx context.Context, a *onboarding.Admin, realm string, edit func(Profile) ([]byte, error)) error {
	p, err := Read(ctx, a, realm)
	if err != nil {
		return err
	}
	changed, err := edit(p)
	if err == nil && changed != nil {
		_, err = a.Do(ctx, realm, onboarding.Request{Method: http.MethodPut, Path: path, Body: changed})
	}
	if err != nil {
		return fmt.Errorf("user profile of realm %q: %w", realm, err)
	}
	return nil
}

// ReserveUsername is an edit that takes the right to edit the userName from users.
func (p Profile) ReserveUsername() ([]byte, error) {
	for i, a := range p.attributes {
		if a.Name == "username" && slices.Contains(a.Permissions.Edit, "user") {
			return sjson.SetBytes(p.raw, "attributes."+strconv.Itoa(i)+".permissions.edit", []string{"admin"})
		}
	}
	return nil, nil
}

// Mapping is an attribute of SCIM with the attribute of the user profile that it is mapped to.
type Mapping struct{ Path, Name string }

// MappingOf returns the mapping of an attribute, such as title, manager.value or the path with a
// schema's URN. It must be one text, and not one that Keycloak has anyway.
func MappingOf(asked string) (Mapping, error) {
	path, err := scim.ParseAttrPath(asked)
	if err != nil {
		return Mapping{}, fmt.Errorf("map %s: %w", asked, err)
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
		return Mapping{}, fmt.Errorf("map %s: name a text attribute of RFC 7643 that Keycloak does not have, such as title, externalId, department or manager.value, or an attribute of a schema of your own by its URN", asked)
	case a.MultiValued || top.MultiValued || a.Type != "string" && a.Type != "reference":
		return Mapping{}, fmt.Errorf("map %s: only single texts can be mapped", asked)
	}
	name := path.Name
	if path.Sub != "" && !strings.EqualFold(path.Sub, "value") {
		name += "_" + path.Sub
	}
	return Mapping{path.String(), name}, nil
}

// native are attributes of users that Keycloak has without a mapping.
var native = []string{"username", "name", "emails", "active", "password", "id", "meta", "groups"}

// Mapped reports whether the user profile has the mapping. name is the attribute that has it or may
// get it, "" if there is none. It is an error if the mapping cannot be made.
func (p Profile) Mapped(m Mapping) (name string, done bool, err error) {
	i, err := p.find(m)
	if err != nil || i < 0 {
		return "", false, err
	}
	return p.attributes[i].Name, p.attributes[i].path() != "", nil
}

// Map is an edit that adds the mapping.
func (p Profile) Map(m Mapping) ([]byte, error) {
	i, err := p.find(m)
	switch {
	case err != nil:
		return nil, err
	case i >= 0:
		annotations := map[string]any{annotation: m.Path}
		maps.Copy(annotations, p.attributes[i].Annotations)
		return sjson.SetBytes(p.raw, "attributes."+strconv.Itoa(i)+".annotations", annotations)
	}
	return sjson.SetBytes(p.raw, "attributes.-1", map[string]any{
		"name": m.Name, "annotations": map[string]string{annotation: m.Path},
		"permissions": map[string][]string{"view": {"admin"}, "edit": {"admin"}},
	})
}

// find returns the index of the attribute that has the mapping, or of the one that may get it; -1
// if there is none. Two attributes with one mapping would be ambiguous.
func (p Profile) find(m Mapping) (int, error) {
	i := slices.IndexFunc(p.attributes, func(a attribute) bool { return a.path() == m.Path })
	if i < 0 {
		i = slices.IndexFunc(p.attributes, func(a attribute) bool { return a.Name == m.Name })
	}
	switch {
	case i < 0:
		return i, nil
	case p.attributes[i].path() != "" && p.attributes[i].path() != m.Path:
		return i, fmt.Errorf("the attribute %s of the user profile is already the SCIM attribute %s", m.Name, p.attributes[i].path())
	case p.attributes[i].Multivalued:
		return i, fmt.Errorf("the attribute %s of the user profile has several values", p.attributes[i].Name)
	case !slices.Contains(p.attributes[i].Permissions.Edit, "admin"):
		return i, fmt.Errorf("administrators may not edit the attribute %s of the user profile", p.attributes[i].Name)
	}
	return i, nil
}
