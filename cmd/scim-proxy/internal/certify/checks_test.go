package certify

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/certifytest"
)

// faults are faults of a server, each with the requirements that it must break.
var faults = []struct {
	name  string
	fault certifytest.Fault
	fails string
}{
	{"config without schemas", config(lose("schemas")), "config.get"},
	{"config with a text for a boolean", config(within("patch", set("supported", "true"))), "config.complete"},
	{"config with a text for an integer", config(within("bulk", set("maxOperations", "many"))), "config.limits"},
	{"config with a text for cursor", config(within("pagination", set("cursor", "yes"))), "config.pagination"},
	{"config without cursor", config(within("pagination", set("cursor", false))), "al2.cursor"},
	{"config without bulk", config(within("bulk", set("supported", false))), "ipsie.bulk"},
	{"config with basic authentication", config(set("authenticationSchemes", []any{object{"type": "httpbasic"}})), "interop.basic ipsie.oauth"},
	{"filters are ignored", unasked("filter"), "config.no-filter list.none filter.eq filter.syntax interop.undefined-filter delete.unlisted entra.probe entra.groups-probe okta.no-match"},
	{"types without endpoint", answers("GET", "/ResourceTypes", entries(lose("endpoint"))), "types.list"},
	{"types with another id", answers("GET", "/ResourceTypes", entries(set("id", "x"))), "interop.type-id"},
	{"a type with a wrong meta", answers("GET", "/ResourceTypes/", set("meta", object{})), "types.location"},
	{"no groups", status(404, "GET", "/Groups"), "types.served al2.group-list"},
	{"schemas of other names", answers("GET", "/Schemas", entries(set("id", "urn:x"))), "types.schemas entra.schemas"},
	{"schemas without attributes", answers("GET", "/Schemas", entries(lose("attributes"))), "schemas.list al2.user-schema al2.group-schema"},
	{"no single schema", status(404, "GET", "/Schemas/"), "schemas.one"},
	{"a type of attribute that is not defined", attributes("title", set("type", "text")), "schemas.form"},
	{"an attribute that is not defined", answers("GET", "/Users/", set("shoeSize", 44)), "schemas.cover"},
	{"userName with letter case", attributes("userName", set("caseExact", true)), "schemas.case"},
	{"a password in the schema", attributes("title", set("name", "password")), "al2.no-password"},
	{"no canonical values", attributes("emails", set("subAttributes", []any{object{"name": "type"}})), "interop.canonical-types"},
	{"title is lost", without("title"), "schemas.kept-strings"},
	{"addresses are lost", without("emails"), "schemas.kept-lists create.user"},
	{"the extension is lost", without("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"), "schemas.kept-extension"},
	{"externalId is lost", without("externalId"), "filter.external interop.case-external al1.filter-external al2.external al2.group-external al2.group-filter-external entra.create entra.match-external okta.create"},
	{"phone numbers are lost", without("phoneNumbers"), "entra.phone"},
	{"members of creates are lost", certifytest.Requests(func(m, path, query, body string) (string, string) {
		if m == "POST" {
			body = strings.NewReplacer(`"members":[{`, `"membersX":[{`).Replace(body)
		}
		return query, body
	}), "create.group okta.group-members bulk.reference"},
	{"only SCIM's media type", certifytest.Answers(func(x *exchange) {
		if x.In.Header.Get("Accept") == "application/json" || x.In.Header.Get("Content-Type") == "application/json" {
			x.Status = http.StatusUnsupportedMediaType
		}
	}), "http.accept-json http.content-json"},
	{"unknown is found", becomes(404, 200), "http.unknown-path get.missing put.missing patch.missing delete.gone delete.again interop.delete interop.case-id entra.delete okta.missing okta.group-delete bulk.verbs"},
	{"/Me crashes", status(500, "GET", "/Me"), "http.me http.no-crash"},
	{"/.search crashes", status(500, "POST", "/.search"), "search.root"},
	{"every caller is let in", open, "auth.required auth.invalid ipsie.oauth okta.unauthorized"},
	{"no challenge", certifytest.Answers(func(x *exchange) { x.Header.Del("WWW-Authenticate") }), "auth.challenge"},
	{"another media type", certifytest.Answers(func(x *exchange) { x.Header.Set("Content-Type", "text/json") }), "http.media-type"},
	{"errors of another form", certifytest.Answers(func(x *exchange) {
		if x.Status >= 400 {
			x.Body = `{"error":"no"}`
		}
	}), "http.errors get.missing okta.missing okta.unauthorized okta.duplicate ipsie.errors"},
	{"errors with internals", certifytest.Answers(func(x *exchange) {
		if x.Status >= 400 {
			x.Edit(set("detail", "java.lang.NullPointerException"))
		}
	}), "ipsie.errors"},
	{"meta without times", answers("POST", "/Users", within("meta", set("created", "yesterday"))), "create.meta"},
	{"no Location", certifytest.Answers(func(x *exchange) { x.Header.Del("Location") }), "create.location create.location-works"},
	{"a create shows what is not kept", answers("POST", "/Users", set("title", "Duke")), "create.truth"},
	{"a PUT shows what is not kept", answers("PUT", "/Users", set("title", "Duke")), "put.truth"},
	{"a PATCH shows what is not kept", answers("PATCH", "/Users", set("title", "Duke")), "patch.truth"},
	{"users are always active", answers("GET", "/Users/", set("active", true)), "create.active patch.active put.replaces interop.retained interop.add-replace al1.active entra.deactivate okta.put-inactive okta.patch-active"},
	{"users are never active", answers("GET", "/Users/", set("active", false)), "create.active get.user al1.delete entra.reactivate patch.type"},
	{"the id of the client", certifytest.Answers(func(x *exchange) {
		if x.Method == "POST" && strings.Contains(x.Sent, `"Bicycle"`) {
			x.Edit(set("meta", object{"resourceType": "Bicycle"}))
		}
	}), "create.read-only"},
	{"conflicts are 400", becomes(409, 400), "create.uniqueness create.uniqueness-case put.uniqueness patch.atomic interop.uniqueness-patch interop.case-patch al2.group-unique entra.duplicate okta.duplicate"},
	{"conflicts in bulk are 400", certifytest.Answers(func(x *exchange) { x.Body = strings.ReplaceAll(x.Body, `"409"`, `"400"`) }), "bulk.failure"},
	{"wrong requests are done", becomes(400, 200), "create.required create.type create.syntax filter.syntax cursor.invalid interop.undefined-create interop.undefined-schema interop.undefined-patch interop.undefined-filter patch.no-target patch.remove-nothing patch.invalid-path patch.invalid-op patch.no-operations patch.read-only patch.required patch.type"},
	{"no groups are made", status(400, "POST", "/Groups"), "create.empty-group al2.group-create al2.group-get entra.group-create okta.group-empty"},
	{"users are not made", status(400, "POST", "/Users"), "al2.create al1.get create.user okta.get"},
	{"another name", answers("GET", "/Users/", within("name", set("familyName", "X"))), "get.user"},
	{"the password is shown", answers("POST", "/Users", set("password", "x")), "get.password"},
	{"attributes are ignored", unasked("attributes", "excludedAttributes"), "projection.attributes projection.sub projection.excluded projection.members projection.write list.attributes al2.group-list entra.group-get"},
	{"PUT does nothing", swallowed(200, "PUT"), "put.replaces put.lists put.members okta.put okta.put-inactive okta.group-put"},
	{"meta of the client", answers("GET", "/Users/", within("meta", set("resourceType", "Bicycle"))), "put.read-only"},
	{"DELETE does nothing", swallowed(204, "DELETE"), "delete.gone delete.again delete.unlisted delete.name delete.member interop.delete al1.delete entra.delete okta.group-delete"},
	{"no ETag", certifytest.Answers(func(x *exchange) { x.Header.Del("ETag") }), "etag.header etag.none-match etag.match"},
	{"If-None-Match is ignored", becomes(304, 200), "etag.none-match"},
	{"If-Match is ignored", becomes(412, 200), "etag.match"},
	{"PATCH does nothing", swallowed(204, "PATCH"), "patch.replace patch.add patch.remove patch.active patch.several patch.pathless-add patch.pathless-replace patch.complex patch.urn patch.extension patch.add-value patch.replace-list patch.filter-replace patch.filter-remove patch.primary " +
		"members.add members.remove members.remove-all members.replace members.rename members.unknown interop.complex-add al2.update ipsie.multi-patch al2.group-update al2.fifty filter.members al2.group-filter-member " +
		"entra.mail-add entra.address entra.primary entra.manager entra.dot-urn entra.clear entra.many entra.in-order entra.flat entra.group-add entra.group-remove entra.group-external entra.group-rename " +
		"okta.group-rename okta.group-change okta.group-replace okta.group-clear okta.group-import"},
	{"values are doubled", answers("GET", "/Users/", twice("emails")), "patch.add-twice put.lists"},
	{"members are doubled", answers("GET", "/Groups/", twice("members")), "members.add-twice"},
	{"a list of another form", answers("GET", "/Users", lose("totalResults")), "list.form"},
	{"count is ignored", unasked("count"), "page.count page.zero page.negative cursor.walk"},
	{"startIndex is ignored", unasked("startIndex"), "page.walk page.beyond entra.page"},
	{"startIndex is echoed", answers("GET", "/Users", set("startIndex", -1)), "page.start-zero"},
	{"lists are turned round", answers("GET", "/Users", reversed), "sort.ascending sort.descending"},
	{"one resource is a page", certifytest.Requests(func(_, _, query, body string) (string, string) {
		return strings.ReplaceAll(query+"&count=1", "count=100", ""), body
	}), "interop.hundred interop.default-page"},
	{"pages without end", answers("GET", "/Users", func(o object) {
		all := make([]any, 1001)
		for i := range all {
			all[i] = object{"id": "x"}
		}
		o["Resources"] = all
	}), "al2.page"},
	{"the second half of a filter is ignored", half, "filter.sub filter.boolean filter.ne filter.co filter.sw filter.ew filter.pr filter.order filter.time filter.and filter.or filter.not filter.precedence filter.path filter.list filter.urn filter.escape interop.eq-and"},
	{"nothing is found", answers("GET", "/", empty), "filter.eq filter.case filter.names filter.id filter.external filter.group filter.members al1.filter-username al1.filter-external al1.filter-email al1.filter-work-email al2.group-filter-name al2.group-filter-external al2.group-filter-member entra.match-name entra.match-external entra.match-mail okta.match okta.group-import list.form al2.list"},
	{"nothing is found by POST", answers("POST", "/Users/.search", empty), "search.users search.attributes"},
	{"externalId without letter case in filters", lowered, "filter.external"},
	{"externalId in lower case", replaced("-X%22", "-x%22"), "interop.case-external"},
	{"bulk statuses as numbers", certifytest.Answers(func(x *exchange) {
		if x.Is("POST", "/Bulk") {
			x.Body = strings.ReplaceAll(x.Body, `"status":"201"`, `"status":201`)
		}
	}), "bulk.create ipsie.bulk"},
	{"failOnErrors is ignored", without("failOnErrors"), "bulk.fail-on-errors"},
	{"any number of operations", becomes(413, 200), "bulk.too-many"},
	{"too many requests", status(429, "GET", "/Users/"), "ipsie.rate"},
	{"texts for booleans are refused", sent(`"True"`, 400), "entra.create-text"},
	{"integers as texts", answers("GET", "/Users", set("itemsPerPage", "2")), "okta.list"},
	{"users without addresses", answers("GET", "/Users/", lose("emails")), "okta.get"},
}

// Each check fails on a server with a fault that it must notice. TestMended has the requirements
// that the server in memory does not meet.
func TestEachCheckCanFail(t *testing.T) {
	t.Parallel()
	byID := map[string]int{}
	all := All()
	for i, q := range all {
		byID[q.ID] = i
	}
	noticed := map[string]bool{}
	for _, f := range faults {
		s, _ := session(t, f.fault)
		_, _ = s.Get(t.Context(), "/Unknown") // so that there is an error with a body
		for id := range strings.FieldsSeq(f.fails) {
			i, ok := byID[id]
			if !ok {
				t.Fatalf("there is no requirement %s", id)
			}
			noticed[id] = true
			r := check(t.Context(), s, all[i])
			if r.State != Fail {
				t.Errorf("%s: %s is %s %s", f.name, id, r.State, r.Why)
			}
		}
	}
	for _, q := range all {
		if q.Check != nil && !noticed[q.ID] && !slices.Contains(elsewhere, q.ID) {
			t.Errorf("no fault shows that %s can fail", q.ID)
		}
	}
}

// elsewhere are requirements that fail on the server in memory (TestMended), or need a URL or a
// token of another kind.
var elsewhere = []string{"get.groups", "patch.modified", "interop.claim", "interop.undefined-uri", "interop.pathless", "interop.complex-replace", "interop.tls", "ipsie.scope", "ipsie.metadata"}
