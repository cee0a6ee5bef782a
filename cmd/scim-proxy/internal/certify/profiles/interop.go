package profiles

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

const (
	must   = probe.Must
	should = probe.Should
	inter  = probe.Interop
	draft  = "SCIM interop profile 01, "
)

// Interop are the requirements of the interoperability profile that the RFCs do not have.
var Interop = []probe.Requirement{
	{ID: "interop.claim", Profile: inter, Level: must, Clause: draft + "Scope and Conformance", Text: "the ServiceProviderConfig has interopProfileConformant: true", Check: claim},
	{ID: "interop.type-id", Profile: inter, Level: must, Clause: draft + "Discovery Endpoints", Text: "the id of each resource type is its name", Check: typeID},
	{ID: "interop.case-id", Profile: inter, Level: must, Clause: draft + "Case Sensitivity", Text: "id respects letter case in a path", Check: caseID},
	{ID: "interop.case-external", Profile: inter, Level: must, Clause: draft + "Case Sensitivity", Text: "externalIds that differ in letter case are two, in creates and in filters", Check: caseExternal},
	{ID: "interop.case-patch", Profile: inter, Level: must, Clause: draft + "Case Sensitivity", Text: "a PATCH to a taken userName in other letter case is 409, as a filter finds it", Check: casePatch},
	{ID: "interop.undefined-create", Profile: inter, Level: must, Clause: draft + "Attribute and Schema Handling", Text: "a create with an attribute that no schema defines is 400 with scimType invalidSyntax", Check: undefinedCreate},
	{ID: "interop.undefined-schema", Profile: inter, Level: must, Clause: draft + "Attribute and Schema Handling", Text: "a create with a schema URI that the server does not define is 400 with scimType invalidSyntax", Check: undefinedSchema},
	{ID: "interop.undefined-uri", Profile: inter, Level: must, Clause: draft + "Attribute and Schema Handling", Text: "a create with an undefined schema URI in schemas only, without values, is 400 with scimType invalidSyntax", Check: undefinedURI},
	{ID: "interop.undefined-patch", Profile: inter, Level: must, Clause: draft + "Attribute and Schema Handling", Text: "a PATCH of an attribute that no schema defines is 400 with scimType invalidSyntax", Check: undefinedPatch},
	{ID: "interop.canonical-types", Profile: inter, Level: must, Clause: draft + "Canonical Values for Typed Attributes", Text: "the schemas list canonicalValues for type of emails, phoneNumbers, ims and addresses", Check: canonicalTypes},
	{ID: "interop.undefined-filter", Profile: inter, Level: must, Clause: draft + "Filtering", Text: "a filter with an attribute that no schema defines is 400 with scimType invalidFilter", Check: undefinedFilter},
	{ID: "interop.eq-and", Profile: inter, Level: must, Clause: draft + "Filtering", Text: "filters support eq and and", Check: eqAnd},
	{ID: "interop.hundred", Profile: inter, Level: must, Clause: draft + "Pagination", Text: "count=100 gets 100 resources, or all if there are fewer", Check: hundred},
	{ID: "interop.default-page", Profile: inter, Level: should, Clause: draft + "Pagination", Text: "a query without count gets 100 resources, or all if there are fewer", Check: defaultPage},
	{ID: "interop.pathless", Profile: inter, Level: must, Clause: draft + "Mandatory Use of the 'path' Attribute", Text: "a PATCH without a path is 400 with scimType invalidSyntax", Check: pathless},
	{ID: "interop.add-replace", Profile: inter, Level: must, Clause: draft + "Singular Attributes", Text: "add and replace of a single value do the same", Check: addReplace},
	{ID: "interop.complex-replace", Profile: inter, Level: must, Clause: draft + "Singular Attributes", Text: "replace of name replaces it as a whole: parts that are left out are gone", Check: complexReplace},
	{ID: "interop.complex-add", Profile: inter, Level: must, Clause: draft + "Singular Attributes", Text: "add of name keeps the parts that are left out", Check: complexAdd},
	{ID: "interop.delete", Profile: inter, Level: must, Clause: draft + "Resource Lifecycle", Text: "a DELETE deletes: a GET, PATCH and DELETE of the id are 404 after it, and the userName is free", Check: deletes},
	{ID: "interop.retained", Profile: inter, Level: must, Clause: draft + "Resource Lifecycle", Text: "a user that a PATCH deactivates still exists", Check: retained},
	{ID: "interop.uniqueness-patch", Profile: inter, Level: must, Clause: draft + "Uniqueness Conflicts", Text: "a PATCH to a taken userName is 409 with scimType uniqueness", Check: uniquenessPatch},
	{ID: "interop.tls", Profile: inter, Level: must, Clause: draft + "Transport Security", Text: "the server is reached by TLS 1.2 or later", Check: secure},
	{ID: "interop.basic", Profile: inter, Level: should, Clause: draft + "Authentication", Text: "the server does not offer HTTP Basic authentication", Check: noBasic},
}

func claim(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/ServiceProviderConfig")
	if err != nil {
		return err
	}
	return a.Shows("interopProfileConformant", true)
}

func typeID(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/ResourceTypes")
	if err != nil {
		return err
	}
	for _, t := range probe.List(a.Body, "Resources") {
		if t["id"] != t["name"] {
			return a.Fail("id equals name", probe.Text(t["id"])+" and "+probe.Text(t["name"]))
		}
	}
	return nil
}

func caseID(ctx context.Context, s *probe.Session) error {
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	other := strings.ToUpper(probe.ID(path))
	if other == probe.ID(path) {
		return probe.Skip("ids of the server have no lower-case letters")
	}
	_, err = s.Send(ctx, http.MethodGet, "/Users/"+url.PathEscape(other), nil, http.StatusNotFound)
	return err
}

func caseExternal(ctx context.Context, s *probe.Session) error {
	name := s.Name()
	lower, _, err := s.NewUser(ctx, probe.Object{"externalId": name + "-x"})
	if err != nil {
		return err
	}
	upper, _, err := s.NewUser(ctx, probe.Object{"externalId": name + "-X"})
	if err != nil {
		return err
	}
	for i, path := range []string{lower, upper} {
		external := name + []string{"-x", "-X"}[i]
		list, a, err := s.Find(ctx, "/Users", "externalId eq "+probe.Quote(external))
		if err != nil {
			return err
		}
		if len(list) != 1 || list[0]["id"] != probe.ID(path) {
			return a.Fail("the user "+probe.ID(path)+" only", a.Text)
		}
	}
	return nil
}

// renamed changes the userName of a new user to that of another one, and expects 409.
func renamed(ctx context.Context, s *probe.Session, scimType string, change func(string) string) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	a, err := s.Do(ctx, http.MethodPatch, path, probe.Patch(probe.Op("replace", "userName", change(p.All[0].UserName))))
	if err != nil {
		return err
	}
	return a.Refused(scimType, http.StatusConflict)
}

func casePatch(ctx context.Context, s *probe.Session) error {
	return renamed(ctx, s, "", strings.ToUpper)
}

func uniquenessPatch(ctx context.Context, s *probe.Session) error {
	return renamed(ctx, s, "uniqueness", func(name string) string { return name })
}

// refused sends a body that must be 400.
func refused(ctx context.Context, s *probe.Session, scimType, method, path string, body any) error {
	a, err := s.Do(ctx, method, path, body)
	if err != nil {
		return err
	}
	return a.Refused(scimType, http.StatusBadRequest)
}

// undefined is a name that no schema defines.
const undefined = "certifyUndefined"

func undefinedCreate(ctx context.Context, s *probe.Session) error {
	return refused(ctx, s, "invalidSyntax", http.MethodPost, "/Users", s.User(probe.Object{undefined: "x"}))
}

func undefinedSchema(ctx context.Context, s *probe.Session) error {
	urn := "urn:example:params:scim:schemas:extension:" + undefined + ":2.0:User"
	return refused(ctx, s, "invalidSyntax", http.MethodPost, "/Users", s.User(probe.Object{"schemas": []string{probe.UserURN, urn}, urn: probe.Object{"x": "y"}}))
}

func undefinedURI(ctx context.Context, s *probe.Session) error {
	urn := "urn:example:params:scim:schemas:extension:" + undefined + ":2.0:User"
	return refused(ctx, s, "invalidSyntax", http.MethodPost, "/Users", s.User(probe.Object{"schemas": []string{probe.UserURN, urn}}))
}

func undefinedPatch(ctx context.Context, s *probe.Session) error {
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	return refused(ctx, s, "invalidSyntax", http.MethodPatch, path, probe.Patch(probe.Op("add", undefined, "x")))
}

func undefinedFilter(ctx context.Context, s *probe.Session) error {
	return refused(ctx, s, "invalidFilter", http.MethodGet, "/Users?filter="+url.QueryEscape(undefined+` eq "x"`), nil)
}

func canonicalTypes(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/Schemas")
	if err != nil {
		return err
	}
	for _, name := range []string{"emails", "phoneNumbers", "ims", "addresses"} {
		if s.Attribute(ctx, probe.UserURN, name+".type") == nil {
			continue
		}
		if kind := s.Attribute(ctx, probe.UserURN, name+".type"); probe.Equal(kind["canonicalValues"], nil) {
			return a.Fail(name+".type with canonicalValues", probe.Text(kind))
		}
	}
	return nil
}

func eqAnd(ctx context.Context, s *probe.Session) error {
	return s.Matches(ctx, `name.familyName eq "Beta" and active eq true`, "B")
}

// first fails unless a query shows at least so many resources, or all.
func first(ctx context.Context, s *probe.Session, query string, atLeast int) error {
	if _, err := s.People(ctx); err != nil {
		return err
	}
	a, err := s.Get(ctx, "/Users"+query)
	if err != nil {
		return err
	}
	total, _ := a.At("totalResults").(float64)
	if n := len(probe.List(a.Body, "Resources")); n < min(int(total), atLeast) {
		return a.Fail(fmt.Sprintf("%d of %d resources", min(int(total), atLeast), int(total)), fmt.Sprintf("%d resources", n))
	}
	return nil
}

func hundred(ctx context.Context, s *probe.Session) error     { return first(ctx, s, "?count=100", 100) }
func defaultPage(ctx context.Context, s *probe.Session) error { return first(ctx, s, "", 100) }

func secure(_ context.Context, s *probe.Session) error {
	u, err := url.Parse(s.URL)
	if err != nil {
		return err
	}
	if u.Scheme != "https" {
		return probe.Unknowable("the URL of this run is not https; run it against the public URL")
	}
	if s.TLSVersion() < tls.VersionTLS12 {
		return &probe.Failure{Expected: "TLS 1.2 or later", Shown: tls.VersionName(s.TLSVersion())}
	}
	return nil
}

func noBasic(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/ServiceProviderConfig")
	if err != nil {
		return err
	}
	for _, scheme := range probe.List(a.Body, "authenticationSchemes") {
		if scheme["type"] == "httpbasic" {
			return a.Fail("no scheme httpbasic", probe.Text(scheme))
		}
	}
	return nil
}
