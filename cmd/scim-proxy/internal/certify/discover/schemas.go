package discover

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

// defined are the values of the characteristics of attributes.
var defined = map[string][]string{
	"type":       {"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"},
	"mutability": {"readOnly", "readWrite", "immutable", "writeOnly"},
	"returned":   {"always", "never", "default", "request"},
	"uniqueness": {"none", "server", "global"},
}

func schemasForm(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/Schemas")
	if err != nil {
		return err
	}
	for _, schema := range s.Schemas(ctx) {
		for _, attribute := range probe.List(schema, "attributes") {
			for _, one := range append(probe.List(attribute, "subAttributes"), attribute) {
				if why := malformed(one); why != "" {
					return a.Fail("an attribute with defined characteristics", why+" in "+probe.Text(one))
				}
			}
		}
	}
	return needs(s.Schemas(ctx), "/Schemas")
}

func malformed(attribute probe.Object) string {
	if name, _ := attribute["name"].(string); name == "" {
		return "there is no name"
	}
	for _, characteristic := range probe.Keys(defined) {
		values := defined[characteristic]
		given, has := attribute[characteristic]
		text, _ := given.(string)
		if has && given != nil && !slices.Contains(values, text) {
			return characteristic + " is " + probe.Text(given)
		}
	}
	return ""
}

func schemasCover(ctx context.Context, s *probe.Session) error {
	if err := needs(s.Schemas(ctx), "/Schemas"); err != nil {
		return err
	}
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	a, err := s.Get(ctx, p.All[0].Path)
	if err != nil {
		return err
	}
	for _, name := range probe.Keys(a.Object()) {
		value := a.At(name)
		switch {
		case slices.Contains([]string{"schemas", "id", "externalid", "meta"}, strings.ToLower(name)):
		case strings.Contains(name, ":"):
			if !slices.Contains(probe.Values(s.Schemas(ctx), "id"), name) {
				return a.Fail("only extensions that /Schemas has", name+" "+probe.Text(value))
			}
		case s.Attribute(ctx, probe.UserURN, name) == nil:
			return a.Fail("only attributes that /Schemas has", name+" "+probe.Text(value))
		}
	}
	return nil
}

func schemasCase(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/Schemas")
	if err != nil {
		return err
	}
	attribute := s.Attribute(ctx, probe.UserURN, "userName")
	if attribute == nil || attribute["caseExact"] == true {
		return a.Fail("userName with caseExact false", probe.Text(attribute))
	}
	return nil
}

// writable reports whether the schemas define an attribute as one that clients set and read.
func writable(a probe.Object) bool {
	return a["mutability"] == "readWrite" && a["returned"] != "never" && a["returned"] != "request"
}

func keptStrings(ctx context.Context, s *probe.Session) error {
	wanted := probe.Object{}
	for _, name := range []string{"displayName", "nickName", "title", "userType", "preferredLanguage", "locale", "timezone"} {
		if a := s.Attribute(ctx, probe.UserURN, name); a != nil && writable(a) {
			wanted[name] = map[string]string{"preferredLanguage": "en-GB", "locale": "en-GB", "timezone": "Europe/Vienna"}[name]
			if wanted[name] == "" {
				wanted[name] = "A certain " + name
			}
		}
	}
	if len(wanted) == 0 {
		return probe.Skip("the schemas define no such attribute")
	}
	return kept(ctx, s, s.User(wanted), wanted)
}

// kept creates a user and fails unless a GET shows the wanted attributes.
func kept(ctx context.Context, s *probe.Session, body, wanted probe.Object) error {
	a, err := s.Create(ctx, "/Users", body)
	if err != nil {
		return err
	}
	pairs := []any{}
	for _, name := range probe.Keys(wanted) {
		pairs = append(pairs, name, wanted[name])
	}
	return s.After(ctx, a, "/Users/"+a.String("id"), pairs...)
}

func keptLists(ctx context.Context, s *probe.Session) error {
	name := s.Name()
	body := s.User(probe.Object{"emails": []probe.Object{
		{"value": name + "@example.com", "type": "work", "primary": true}, {"value": name + "@example.net", "type": "home"},
	}})
	lists := map[string]probe.Object{
		"phoneNumbers": {"value": "+43 1 234", "type": "work"}, "ims": {"value": "ada", "type": "xmpp"},
		"addresses": {"locality": "Wien", "type": "work"}, "roles": {"value": "clerk", "type": "work"}, "entitlements": {"value": "e-1", "type": "t"},
	}
	asked := map[string]string{"emails/0/value": name + "@example.com", "emails/1/value": name + "@example.net"}
	for attribute, element := range lists {
		if a := s.Attribute(ctx, probe.UserURN, attribute); a == nil || !writable(a) {
			continue
		}
		body[attribute] = []probe.Object{element}
		for key, value := range element {
			asked[attribute+"/0/"+key], _ = value.(string)
		}
	}
	a, err := s.Create(ctx, "/Users", body)
	if err != nil {
		return err
	}
	got, err := s.Get(ctx, "/Users/"+a.String("id"))
	if err != nil {
		return err
	}
	for _, path := range probe.Keys(asked) {
		want := asked[path]
		attribute, _, _ := strings.Cut(path, "/")
		sub := path[strings.LastIndex(path, "/")+1:]
		if shown := probe.Values(probe.List(got.Body, attribute), sub); !slices.Contains(shown, want) {
			return a.Fail("a GET shows "+attribute+" with "+want, probe.Text(got.At(attribute)))
		}
	}
	return nil
}

func keptExtension(ctx context.Context, s *probe.Session) error {
	named := slices.ContainsFunc(s.ResourceTypes(ctx), func(t probe.Object) bool {
		return slices.Contains(probe.Values(probe.List(t, "schemaExtensions"), "schema"), probe.EnterpriseURN)
	})
	if !named {
		return probe.Skip("no resource type has the enterprise extension")
	}
	extension := probe.Object{"employeeNumber": "701984", "department": "Tours", "costCenter": "4130"}
	body := s.User(probe.Object{"schemas": []string{probe.UserURN, probe.EnterpriseURN}, probe.EnterpriseURN: extension})
	a, err := s.Send(ctx, http.MethodPost, "/Users", body, http.StatusCreated)
	if err != nil {
		return err
	}
	return s.After(ctx, a, "/Users/"+a.String("id"), probe.EnterpriseURN+"/employeeNumber", "701984", probe.EnterpriseURN+"/department", "Tours", probe.EnterpriseURN+"/costCenter", "4130")
}
