package shim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/shim"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// caller talks to the SCIM API of a realm through a shim.
type caller struct {
	*kctest.Realm
	t           *testing.T
	base, token string
}

func (c *caller) scim(method, path, body string) kctest.Reply {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/scim+json")
	return c.Do(req)
}

const urn = "urn:example:1:User"

// post makes a user with more attributes, and returns its id and the answer.
func (c *caller) post(name, more string) (string, kctest.Reply) {
	c.t.Helper()
	a := c.scim("POST", "/Users", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",%q],"userName":%q,"active":true,"name":{"givenName":"G","familyName":"F"},"emails":[{"value":"%s@example.com"}]%s}`, urn, name, name, more))
	return gjson.GetBytes(a.Body, "id").String(), a
}

func (c *caller) patch(path string, operations ...string) kctest.Reply {
	c.t.Helper()
	return c.scim("PATCH", path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+strings.Join(operations, ",")+`]}`)
}

func (c *caller) group(more string) string {
	c.t.Helper()
	return gjson.GetBytes(c.scim("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"g"`+more+`}`).Body, "id").String()
}

// bare makes a user without names, as an administrator may.
func (c *caller) bare() string {
	c.t.Helper()
	location := c.Admin("POST", "/users", `{"username":"bare","enabled":true}`).Header.Get("Location")
	return location[strings.LastIndex(location, "/")+1:]
}

// said is the status of an answer, with its scimType and detail.
func said(a kctest.Reply) string {
	return strings.TrimSpace(fmt.Sprint(a.Status, " ", gjson.GetBytes(a.Body, "scimType").String(), " ", gjson.GetBytes(a.Body, "detail").String()))
}

func shows(a kctest.Reply, path string) string { return gjson.GetBytes(a.Body, path).Raw }

const off = `{"op":"replace","path":"active","value":false}`

// Each rule alone: what is answered with it, and what 26.7.3 answers without it.
func TestRules(t *testing.T) {
	r := newRealm(t)
	for _, row := range []struct {
		rule      shim.Rule
		play      func(*caller) string
		with, not string
	}{
		{shim.ValidatePatch, func(c *caller) string { return said(c.patch("/Users/"+c.bare(), off)) }, "400 invalidSyntax Please specify email.", "200"},
		{shim.ValidatePatch, func(c *caller) string { return said(c.patch("/Users/" + c.bare())) }, "400 invalidSyntax Please specify email.", "200"},
		{shim.ValidatePatch, func(c *caller) string { return said(c.patch("/Users/00000000-0000-0000-0000-000000000000")) }, "404  Resource not found with id 00000000-0000-0000-0000-000000000000", "404  Resource not found with id 00000000-0000-0000-0000-000000000000"},
		{shim.ValidatePatch, func(c *caller) string {
			id, _ := c.post("ann", "")
			return said(c.patch("/Users/"+id, `{"op":"remove","path":"name.familyName"}`))
		}, "400 invalidSyntax Please specify lastName.", "200"},
		{shim.ValidatePatch, func(c *caller) string {
			return said(c.patch("/Users/"+c.bare(), `{"op":"replace","value":{"name":{"givenName":"G","familyName":"F"}}}`, `{"op":"add","path":"emails[type eq \"work\"].value","value":"b@example.com"}`, off))
		}, "200", "200"},
		{shim.ValidatePut, func(c *caller) string {
			id, _ := c.post("ann", "")
			return said(c.scim("PUT", "/Users/"+id, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"`+id+`","userName":"ann","emails":[{"value":"a@example.com"}]}`))
		}, "400 invalidSyntax Please specify firstName.", "200"},
		{shim.EditUsername, func(c *caller) string {
			c.Admin("PUT", "", `{"editUsernameAllowed":false}`)
			id, _ := c.post("ann", "")
			same := said(c.patch("/Users/"+id, `{"op":"replace","path":"userName","value":"ANN"}`))
			return same + ", " + said(c.patch("/Users/"+id, `{"op":"replace","path":"userName","value":"eve"}`))
		}, "200, 400 invalidSyntax The field username is read only.", "200, 200"},
		{shim.EditUsername, func(c *caller) string {
			c.Admin("PUT", "", `{"editUsernameAllowed":true}`)
			id, _ := c.post("ann", "")
			return said(c.patch("/Users/"+id, `{"op":"replace","path":"userName","value":"eve"}`))
		}, "200", "200"},
		{shim.DuplicateEmail, func(c *caller) string {
			c.post("ann", "")
			_, a := c.post("eve", `,"emails":[{"value":"ann@example.com"}]`)
			return said(a)
		}, "400 invalidSyntax emailExistsMessage", "500  An unexpected error occurred when processing the request"},
		{shim.DuplicateEmail, func(c *caller) string {
			c.post("ann", "")
			id, _ := c.post("eve", "")
			return said(c.patch("/Users/"+id, `{"op":"replace","path":"emails","value":[{"value":"ann@example.com"}]}`))
		}, "400 invalidSyntax emailExistsMessage", "409"},
		{shim.DuplicateUsername, func(c *caller) string {
			c.post("ann", "")
			_, a := c.post("ann", "")
			id, _ := c.post("eve", "")
			return fmt.Sprint(a.Status, " ", said(c.patch("/Users/"+id, `{"op":"replace","path":"userName","value":"ann"}`)))
		}, "409 400 invalidSyntax usernameExistsMessage", "409 409"},
		{shim.TruthfulWrites, func(c *caller) string {
			_, a := c.post("Ann", `,"title":"T"`)
			return fmt.Sprint(a.Status, shows(a, "userName"), shows(a, "title"))
		}, `201"ann"`, `201"Ann""T"`},
		{shim.LastModified, func(c *caller) string {
			id, _ := c.post("ann", "")
			c.patch("/Users/"+id, off)
			a := c.scim("GET", "/Users/"+id, "")
			return fmt.Sprint(shows(a, "meta.created") == shows(a, "meta.lastModified"))
		}, "false", "true"},
		{shim.ValueFilters, func(c *caller) string {
			id, _ := c.post("ann", "")
			g := c.group("")
			c.patch("/Groups/"+g, `{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`)
			return said(c.patch("/Groups/"+g, `{"op":"remove","path":"members[value eq \"`+id+`\" or value eq \"`+id+`\"]"}`)) + ", " +
				said(c.patch("/Users/"+id, `{"op":"replace","path":"emails[type eq \"work\"].value","value":"b@example.com"}`))
		}, "200, 400 invalidPath only value may be compared in a path, not type", "200, 200"},
		{shim.MaxOperations, func(c *caller) string {
			id, _ := c.post("ann", "")
			ops := strings.Split(strings.Repeat(off+"|", 101), "|")
			return said(c.patch("/Users/"+id, ops[:100]...)) + ", " + said(c.patch("/Users/"+id, ops[:101]...))
		}, "200, 400 tooMany 101 operations, at most 100 are allowed", "200, 200"},
		{shim.Lists, func(c *caller) string {
			one, _ := c.post("ann", `,"`+urn+`":{"floors":"1","badge":"b"}`)
			two, _ := c.post("eve", `,"`+urn+`":{"floors":["1","2"]}`)
			seen := shows(c.scim("GET", "/Users/"+one, ""), urn) + shows(c.scim("GET", "/Users/"+two, ""), urn)
			a := c.patch("/Users/"+one, `{"op":"replace","path":"`+urn+`:floors","value":["3","4"]}`)
			return seen + shows(a, urn) + shows(c.scim("GET", "/Users/"+one, ""), urn)
		}, `{"badge":"b","floors":["1"]}{"floors":["1","2"]}{"badge":"b","floors":["3","4"]}{"badge":"b","floors":["3","4"]}`,
			`{"badge":"b","floors":"1"}{"floors":""}{"badge":"b","floors":"3"}{"badge":"b","floors":"3"}`},
		{shim.NoEmptyObjects, func(c *caller) string {
			id, _ := c.post("ann", `,"`+urn+`":{"badge":"b"}`)
			return shows(c.patch("/Users/"+id, `{"op":"remove","path":"`+urn+`:badge"}`), urn)
		}, "", "{}"},
		{shim.GroupExternalID, func(c *caller) string {
			g := c.group("")
			set := func(v string) string {
				return said(c.patch("/Groups/"+g, `{"op":"replace","path":"externalId","value":"`+v+`"}`))
			}
			return set("a") + set("a") + set("b") + said(c.patch("/Groups/"+g, `{"op":"remove","path":"externalId"}`))
		}, "200200400 mutability externalId is immutable400 mutability externalId is immutable", "200200200200"},
		{shim.ServiceAccountMembers, func(c *caller) string {
			id := gjson.GetBytes(c.Admin("GET", "/users?username=service-account-scim", "").Body, "0.id").String()
			c.Admin("PUT", "/users/"+id+"/groups/"+c.group(""), "")
			return shows(c.scim("GET", "/Groups?filter=members.value+eq+%22"+id+"%22", ""), "totalResults")
		}, "0", "1"},
		{shim.MemberFilters, func(c *caller) string {
			return said(c.scim("GET", "/Groups?filter=members.value+pr", "")) + said(c.scim("GET", "/Groups?filter=members.value+eq+%22x%22", ""))
		}, "403200", "200200"},
		{shim.UnknownAttributes, func(c *caller) string {
			id, _ := c.post("ann", "")
			return said(c.patch("/Users/"+id, `{"op":"replace","path":"shoeSize","value":"9"}`)) + said(c.patch("/Users/"+id, `{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:userName","value":"x"}`))
		}, "400 invalidPath unknown attribute shoesize400 invalidPath unknown attribute urn:ietf:params:scim:schemas:core:2.0:user:username", "200200"},
		{shim.ReplaceMembers, func(c *caller) string {
			one, _ := c.post("ann", "")
			two, _ := c.post("eve", "")
			g := c.group("")
			for _, id := range []string{one, two} {
				if a := c.patch("/Groups/"+g, `{"op":"replace","path":"members","value":[{"value":"`+id+`"}]}`); a.Status != 200 {
					return said(a)
				}
			}
			return shows(c.scim("GET", "/Groups/"+g+"?attributes=members", ""), "members.#")
		}, "1", "2"},
		{shim.Advertised, func(c *caller) string {
			return shows(c.scim("GET", "/ServiceProviderConfig", ""), "bulk.supported")
		}, "true", "false"},
	} {
		for _, side := range []struct {
			rules []shim.Rule
			want  string
		}{{[]shim.Rule{row.rule}, row.with}, {nil, row.not}} {
			t.Run(fmt.Sprint(row.rule, len(side.rules)), func(t *testing.T) {
				if got := row.play(r.through(t, side.rules...)); got != side.want {
					t.Errorf("%s\nwant %s", got, side.want)
				}
			})
		}
	}
}

// realm is one for all rows, with some mapped attributes.
type realm struct {
	*kctest.Realm
	token string
}

func newRealm(t *testing.T) realm {
	t.Helper()
	r := kctest.NewRealm(t)
	r.Map(`{"name":"badge","annotations":{"kc.scim.schema.attribute":"`+urn+`:badge"},"permissions":{"view":["admin"],"edit":["admin"]}}`,
		`{"name":"floors","multivalued":true,"annotations":{"kc.scim.schema.attribute":"`+urn+`:floors"},"permissions":{"view":["admin"],"edit":["admin"]}}`)
	return realm{r, r.Token("scim", r.ServiceAccount("scim", "manage-users"))}
}

// through empties the realm and stands before it with these rules.
func (r realm) through(t *testing.T, rules ...shim.Rule) *caller {
	t.Helper()
	for _, path := range []string{"/users", "/groups"} {
		for _, e := range gjson.ParseBytes(r.Admin("GET", path, "").Body).Array() {
			if !strings.HasPrefix(e.Get("username").String(), "service-account-") {
				r.Admin("DELETE", path+"/"+e.Get("id").String(), "")
			}
		}
	}
	s, err := shim.New(r.Server.URL, r.Server.AdminUser, r.Server.AdminPassword, rules...)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return &caller{Realm: r.Realm, t: t, base: srv.URL + "/realms/" + r.Name + "/scim/v2", token: r.token}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]int{"all": len(shim.All()), "none": 0, "": 0, "lists,edit-username": 2} {
		if got, err := shim.Parse(text); err != nil || len(got) != want {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
	if _, err := shim.Parse("lists,nonsense"); err == nil {
		t.Error("nonsense is a rule")
	}
}
