package providers

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

const (
	must   = probe.Must
	should = probe.Should
	entra  = probe.Entra
	learn  = "Microsoft Learn, develop a SCIM endpoint, "
	valid  = "Microsoft SCIM validator, "
	galley = "Entra gallery requirements, "
)

// EntraTests are the requirements of Entra.
var EntraTests = []probe.Requirement{
	{ID: "entra.probe", Profile: entra, Level: must, Clause: learn + "Test Connection", Text: "a filter by a random userName, with + as blanks, is 200 with an empty list", Check: entraProbe},
	{ID: "entra.groups-probe", Profile: entra, Level: must, Clause: learn + "Get Group by displayName", Text: "a filter by an unknown displayName with excludedAttributes=members is 200 with an empty list", Check: entraGroupsProbe},
	{ID: "entra.schemas", Profile: entra, Level: must, Clause: galley + "schema discovery", Text: "/Schemas is a ListResponse with the schemas of User and Group, without nulls", Check: entraSchemas},
	{ID: "entra.create", Profile: entra, Level: must, Clause: learn + "Create User", Text: "Entra's create is 201 with id, and values as they were sent", Check: entraCreate},
	{ID: "entra.create-text", Profile: entra, Level: must, Clause: valid + "create with \"True\" as a text", Text: "active and primary as the texts \"True\" and \"False\" are booleans", Check: entraCreateText},
	{ID: "entra.duplicate", Profile: entra, Level: must, Clause: learn + "Create User", Text: "a second create is 409", Check: entraDuplicate},
	{ID: "entra.match-name", Profile: entra, Level: must, Clause: valid + "filter, letter case", Text: "userName eq in other letter case finds the user", Check: entraMatch(func(u entraUser) string { return "userName eq " + probe.Quote(u.upper) })},
	{ID: "entra.match-external", Profile: entra, Level: must, Clause: learn + "Get User by query", Text: "externalId eq finds the user", Check: entraMatch(func(u entraUser) string { return "externalId eq " + probe.Quote(u.external) })},
	{ID: "entra.match-mail", Profile: entra, Level: must, Clause: learn + "Get User by query", Text: "emails[type eq \"work\"].value eq, which is not RFC grammar, finds the user", Check: entraMatch(func(u entraUser) string { return `emails[type eq "work"].value eq ` + probe.Quote(u.mail) })},
	{ID: "entra.page", Profile: entra, Level: must, Clause: valid + "pagination", Text: "startIndex=2&count=1 echoes startIndex and has at most one user", Check: entraPage},
	{ID: "entra.deactivate", Profile: entra, Level: must, Clause: learn + "Disable User", Text: "Replace of active with the text \"False\" deactivates, and the user is still found", Check: entraDeactivate},
	{ID: "entra.reactivate", Profile: entra, Level: must, Clause: learn + "Update User", Text: "Replace of active with the text \"True\" reactivates", Check: entraReactivate},
	{ID: "entra.mail-add", Profile: entra, Level: must, Clause: learn + "Update User, multi-valued properties", Text: "Add of phoneNumbers[type eq \"mobile\"].value creates the value if there is none", Check: entraMailAdd},
	{ID: "entra.address", Profile: entra, Level: must, Clause: valid + "update of addresses", Text: "several operations on addresses[type eq \"work\"] make one address", Check: entraAddress},
	{ID: "entra.primary", Profile: entra, Level: must, Clause: valid + "update of the primary value", Text: "Replace of emails[primary eq true].value changes that address", Check: entraPrimary},
	{ID: "entra.manager", Profile: entra, Level: must, Clause: learn + "Update User, manager", Text: "Add of the manager as a text sets manager.value, and \"\" removes it", Check: entraManager},
	{ID: "entra.dot-urn", Profile: entra, Level: should, Clause: "Microsoft SCIM Inbound collection", Text: "Add of department with the URN joined by a dot sets it", Check: entraDotURN},
	{ID: "entra.clear", Profile: entra, Level: must, Clause: valid + "null update", Text: "Replace with \"\" and with null clears a value", Check: entraClear},
	{ID: "entra.many", Profile: entra, Level: must, Clause: valid + "PATCH of many attributes", Text: "one PATCH with 36 Add operations is done", Check: entraMany},
	{ID: "entra.in-order", Profile: entra, Level: must, Clause: valid + "remove, add, replace", Text: "Remove, Add and Replace of one attribute in one PATCH are done in their order", Check: entraInOrder},
	{ID: "entra.flat", Profile: entra, Level: must, Clause: learn + "aadOptscim062020", Text: "a replace without path whose keys are paths changes each of them", Check: entraFlat},
	{ID: "entra.phone", Profile: entra, Level: must, Clause: learn + "SCIM compliance of values", Text: "a phone number comes back as it was sent", Check: entraPhone},
	{ID: "entra.group-create", Profile: entra, Level: must, Clause: learn + "Create Group", Text: "Entra's create of a group, with Microsoft's own schema URI, is 201", Check: entraGroupCreate},
	{ID: "entra.group-add", Profile: entra, Level: must, Clause: learn + "Update Group, add members", Text: "Add of members with $ref null adds them", Check: entraGroupAdd},
	{ID: "entra.group-remove", Profile: entra, Level: must, Clause: learn + "Update Group, remove members", Text: "Remove of members with a value removes only the members in it", Check: entraGroupRemove},
	{ID: "entra.group-external", Profile: entra, Level: must, Clause: valid + "update of externalId of a group", Text: "Replace of externalId changes that of a group", Check: entraGroupExternal},
	{ID: "entra.group-rename", Profile: entra, Level: must, Clause: learn + "Update Group, displayName", Text: "Replace of displayName renames a group", Check: entraGroupRename},
	{ID: "entra.group-get", Profile: entra, Level: must, Clause: learn + "Get Group by id", Text: "excludedAttributes=members shows a group without members", Check: entraGroupGet},
	{ID: "entra.delete", Profile: entra, Level: must, Clause: valid + "delete", Text: "a DELETE is 204, and a second one 404", Check: entraDelete},
}

// entraUser is a user that was created as Entra does.
type entraUser struct{ path, name, upper, external, mail string }

const adscim = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"

// entraBody is Entra's default body of a create.
func entraBody(s *probe.Session) (probe.Object, entraUser) {
	name := s.Name()
	u := entraUser{name: name + "@example.com", external: name + "-Ext", mail: name + "-mail@example.com", upper: upper(name) + "@EXAMPLE.COM"}
	return probe.Object{
		"schemas":    []string{probe.UserURN, probe.EnterpriseURN},
		"externalId": u.external, "userName": u.name, "active": true, "displayName": "Ada Lovelace",
		"emails": []probe.Object{{"primary": true, "type": "work", "value": u.mail}},
		"meta":   probe.Object{"resourceType": "User"},
		"name":   probe.Object{"formatted": "Ada Lovelace", "familyName": "Lovelace", "givenName": "Ada"},
		"roles":  []string{},
	}, u
}

func upper(text string) string {
	b := []byte(text)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// entraNew creates a user as Entra does.
func entraNew(ctx context.Context, s *probe.Session) (entraUser, error) {
	body, u := entraBody(s)
	a, err := s.Create(ctx, "/Users", body)
	if err == nil {
		u.path = "/Users/" + a.String("id")
	}
	return u, err
}

// empty fails unless a query is 200 with an empty list, although there are users and a group.
func empty(ctx context.Context, s *probe.Session, path string) error {
	if _, err := s.Crew(ctx); err != nil {
		return err
	}
	a, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	return a.ShowsAll("schemas", []string{probe.ListURN}, "totalResults", 0, "Resources", nil)
}

func entraProbe(ctx context.Context, s *probe.Session) error {
	return empty(ctx, s, "/Users?filter=userName+eq+%22"+s.Prefix+"-none%22")
}

func entraGroupsProbe(ctx context.Context, s *probe.Session) error {
	return empty(ctx, s, "/Groups?excludedAttributes=members&filter=displayName+eq+%22"+s.Prefix+"-nothing%22")
}

func entraSchemas(ctx context.Context, s *probe.Session) error {
	a, err := s.Document(ctx, "/Schemas")
	if err != nil {
		return err
	}
	if err := a.Shows("schemas", []string{probe.ListURN}); err != nil {
		return err
	}
	ids := probe.Values(s.Schemas(ctx), "id")
	for _, urn := range []string{probe.UserURN, probe.GroupURN} {
		if !slices.Contains(ids, urn) {
			return a.Fail("the schema "+urn, probe.Text(ids))
		}
	}
	for _, schema := range s.Schemas(ctx) {
		for name, value := range schema {
			if value == nil {
				return a.Fail("no null", name+" is null")
			}
		}
	}
	return nil
}

func entraCreate(ctx context.Context, s *probe.Session) error {
	body, u := entraBody(s)
	a, err := s.Create(ctx, "/Users", body)
	if err != nil {
		return err
	}
	return s.After(ctx, a, "/Users/"+a.String("id"), "userName", u.name, "externalId", u.external, "displayName", "Ada Lovelace", "active", true, "emails/0/value", u.mail, "name/familyName", "Lovelace")
}

func entraCreateText(ctx context.Context, s *probe.Session) error {
	body, u := entraBody(s)
	body["active"], body["emails"] = "False", []probe.Object{{"Primary": "True", "type": "work", "value": u.mail}}
	a, err := s.Create(ctx, "/Users", body)
	if err != nil {
		return err
	}
	return s.After(ctx, a, "/Users/"+a.String("id"), "active", false, "emails/0/value", u.mail)
}

func entraDuplicate(ctx context.Context, s *probe.Session) error {
	body, _ := entraBody(s)
	if _, err := s.Create(ctx, "/Users", body); err != nil {
		return err
	}
	_, err := s.Send(ctx, http.MethodPost, "/Users", body, http.StatusConflict)
	return err
}

func entraMatch(filter func(entraUser) string) probe.Check {
	return func(ctx context.Context, s *probe.Session) error {
		u, err := entraNew(ctx, s)
		if err != nil {
			return err
		}
		return matches(ctx, s, "/Users?filter="+url.QueryEscape(filter(u)), u.path)
	}
}

// matches fails unless a query finds exactly one resource.
func matches(ctx context.Context, s *probe.Session, query, path string) error {
	a, err := s.Get(ctx, query)
	if err != nil {
		return err
	}
	if list := probe.List(a.Body, "Resources"); len(list) != 1 || list[0]["id"] != probe.ID(path) {
		return a.Fail("the one resource "+probe.ID(path), a.Text)
	}
	return nil
}

func entraPage(ctx context.Context, s *probe.Session) error {
	if _, err := s.People(ctx); err != nil {
		return err
	}
	a, err := s.Get(ctx, "/Users?startIndex=2&count=1")
	if err != nil {
		return err
	}
	if len(probe.List(a.Body, "Resources")) != 1 {
		return a.Fail("one user", a.Text)
	}
	return a.ShowsAll("startIndex", 2, "itemsPerPage", 1)
}
