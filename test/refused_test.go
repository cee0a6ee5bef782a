package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/corpus"
	"keycloak-scim-proxy/test/kctest"
)

// TestRefusedWrites sends writes that fail at each stage of a request, and shows that none of them
// leaves anything behind.
func TestRefusedWrites(t *testing.T) {
	w := newWorld(t)
	send := func(who, method, path, body string, h map[string]string) (kctest.Reply, error) {
		base, token := w.proxy+"/scim/v2", w.tenantToken
		if who != "" {
			base, token = w.proxy+"/realms/"+w.realm.Name+"/scim/v2", map[string]string{"dropin": w.dropInToken, "reader": w.readerToken, "nobody": "x"}[who]
		}
		return w.untouched(t, method, path, func() kctest.Reply {
			return mustAsk(t, base, token, corpus.Request{Method: method, Target: path, Body: body, Header: h})
		})
	}
	made := func(path, body string) string {
		a := mustAsk(t, w.proxy+"/scim/v2", w.tenantToken, corpus.Request{Method: "POST", Target: path, Body: body})
		if a.Status != 201 {
			t.Fatal(a.Status, string(a.Body))
		}
		return gjson.GetBytes(a.Body, "id").String()
	}
	crowd := w.users(t, "crowd", 60)
	ada := made("/Users", userWith("ada", `,"title":"T","externalId":"e","nickName":"N","`+scim.EnterpriseURN+`":{"department":"D"}`))
	grace := made("/Users", userWith("grace", ""))
	crew := made("/Groups", `{"schemas":["`+scim.GroupURN+`"],"displayName":"Crew","externalId":"g","members":[{"value":"`+ada+`"}]}`)
	made("/Groups", `{"schemas":["`+scim.GroupURN+`"],"displayName":"Other"}`)
	const gone = "00000000-0000-4000-8000-000000000000"
	replace := func(path, value string) string {
		return fmt.Sprintf(`{"op":"replace","path":%q,"value":%s}`, path, value)
	}
	kept := replace("title", `"new"`) + "," + replace("name.givenName", `"New"`) + "," + replace("active", "false")
	group := func(name, more string) string {
		return `{"schemas":["` + scim.GroupURN + `"],"displayName":"` + name + `"` + more + `}`
	}
	members := func(ids ...string) string { return `,"members":` + valueList(ids) }
	long := strings.Repeat("x", 300<<10)
	bulk := func(ops string) string {
		return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[` + ops + `]}`
	}
	for _, c := range []struct {
		who, method, path, body string
		header                  map[string]string
	}{
		{method: "POST", path: "/Users", body: userWith("ada", `,"title":"other"`)},
		{method: "POST", path: "/Users", body: strings.Replace(userWith("new1", `,"title":"x"`), "new1@", "ada@", 1)},
		{method: "POST", path: "/Users", body: strings.Replace(userWith("new2", ""), "new2@", "no address", 1)},
		{method: "POST", path: "/Users", body: userWith("x", `,"title":"x"`)},
		{method: "POST", path: "/Users", body: userWith("new<3", `,"title":"x"`)},
		{method: "POST", path: "/Users", body: userWith("new4", `,"title":5`)},
		{method: "POST", path: "/Users", body: `{"userName":"new5","title":"x"}`},
		{method: "POST", path: "/Users", body: userWith("new6", `,"title":"`+long+`"`)},
		{method: "POST", path: "/Users", body: `{"userName":`},
		{who: "reader", method: "POST", path: "/Users", body: userWith("new7", `,"title":"x"`)},
		{who: "nobody", method: "POST", path: "/Users", body: userWith("new8", "")},
		{who: "dropin", method: "POST", path: "/Users", body: userWith("grace", `,"title":"x"`)},

		{method: "PUT", path: "/Users/" + ada, body: strings.Replace(userWith("ada", ""), "ada@", "grace@", 1)},
		{method: "PUT", path: "/Users/" + ada, body: userWith("grace", "")},
		{method: "PUT", path: "/Users/" + ada, body: `{"userName":"ada","name":{"givenName":"<b>","familyName":"B"}}`},
		{method: "PUT", path: "/Users/" + ada, body: userWith("ada", `,"id":"`+grace+`"`)},
		{method: "PUT", path: "/Users/" + gone, body: userWith("new9", `,"title":"x"`)},
		{method: "PUT", path: "/Users/" + crew, body: userWith("new10", `,"title":"x"`)},
		{method: "PUT", path: "/Users/" + ada, body: userWith("ada", ""), header: map[string]string{"If-Match": `W/"old"`}},
		{who: "reader", method: "PUT", path: "/Users/" + ada, body: userWith("ada", `,"active":false`)},

		{method: "PATCH", path: "/Users/" + ada, body: patchOf(kept + "," + replace("userName", `"grace"`))},
		{method: "PATCH", path: "/Users/" + ada, body: patchOf(kept + "," + replace("emails", `[{"value":"grace@example.com"}]`))},
		{method: "PATCH", path: "/Users/" + ada, body: patchOf(kept + "," + replace("emails", `[{"value":"a@b_c.com"}]`))},
		{method: "PATCH", path: "/Users/" + ada, body: patchOf(kept + "," + replace("name.familyName", `"<b>"`))},
		{method: "PATCH", path: "/Users/" + ada, body: patchOf(kept + "," + replace("id", `"x"`))},
		{method: "PATCH", path: "/Users/" + ada, body: patchOf(kept + "," + replace(`emails[type eq \"fax\"].value`, `"x"`))},
		{method: "PATCH", path: "/Users/" + ada, body: patchOf(kept + "," + replace("nickName", `"`+long+`"`))},
		{method: "PATCH", path: "/Users/" + ada, body: patchOf(kept + `,{"op":"remove","path":"userName"}`)},
		{method: "PATCH", path: "/Users/" + ada, body: patchOf(kept), header: map[string]string{"If-Match": `W/"old"`}},
		{method: "PATCH", path: "/Users/" + gone, body: patchOf(kept)},
		{method: "PATCH", path: "/Groups/" + ada, body: patchOf(replace("displayName", `"x"`))},
		{who: "reader", method: "PATCH", path: "/Users/" + ada, body: patchOf(kept)},

		{method: "DELETE", path: "/Users/" + gone},
		{method: "DELETE", path: "/Groups/" + ada},
		{method: "DELETE", path: "/Users/" + crew},
		{method: "DELETE", path: "/Users/" + ada, header: map[string]string{"If-Match": `W/"old"`}},
		{who: "reader", method: "DELETE", path: "/Users/" + ada},

		{method: "POST", path: "/Groups", body: group("Crew", members(ada))},
		{method: "POST", path: "/Groups", body: group("New", `,"externalId":"n"`+members(ada, gone))},
		{method: "POST", path: "/Groups", body: group("New", members(append(slices.Clone(crowd), gone)...))},
		{method: "PUT", path: "/Groups/" + crew, body: group("Renamed", members(grace, gone))},
		{method: "PUT", path: "/Groups/" + crew, body: group("Other", members(grace))},
		{method: "PUT", path: "/Groups/" + crew, body: group("Renamed", members(append(slices.Clone(crowd), gone)...))},
		{method: "PATCH", path: "/Groups/" + crew, body: patchOf(replace("displayName", `"Renamed"`) + "," + replace("externalId", `"h"`) + "," + replace("members", valueList([]string{grace, gone})))},
		{method: "PATCH", path: "/Groups/" + crew, body: patchOf(`{"op":"add","path":"members","value":` + valueList(append(slices.Clone(crowd), gone)) + `}`)},
		{method: "PATCH", path: "/Groups/" + crew, body: patchOf(replace("displayName", `"Other"`) + `,{"op":"add","path":"members","value":` + valueList([]string{grace}) + `}`)},
		{method: "PATCH", path: "/Groups/" + crew, body: patchOf(replace("externalId", `"`+long+`"`) + `,{"op":"add","path":"members","value":` + valueList([]string{grace}) + `}`)},
		{method: "PATCH", path: "/Groups/" + crew, body: patchOf(`{"op":"add","path":"members","value":` + valueList([]string{grace}) + `}`), header: map[string]string{"If-Match": `W/"old"`}},
		{who: "reader", method: "PATCH", path: "/Groups/" + crew, body: patchOf(`{"op":"add","path":"members","value":` + valueList([]string{grace}) + `}`)},

		{method: "POST", path: "/Bulk", body: bulk(`{"method":"POST","path":"/Users","bulkId":"a","data":` + userWith("ada", "") + `},{"method":"PATCH","path":"/Users/` + ada + `","data":` + patchOf(kept+","+replace("id", `"x"`)) + `}`)},
		{method: "POST", path: "/Bulk", body: bulk(`{"method":"POST","path":"/Users","bulkId":"a","data":` + userWith("new11", `,"`+scim.EnterpriseURN+`":{"manager":{"value":"bulkId:b"}}`) + `},{"method":"POST","path":"/Users","bulkId":"b","data":` + userWith("grace", `,"`+scim.EnterpriseURN+`":{"manager":{"value":"bulkId:a"}}`) + `}`)},
	} {
		a, err := send(c.who, c.method, c.path, c.body, c.header)
		if err != nil {
			t.Error(err)
		}
		if !failed(a) {
			t.Errorf("%s %s %.200s is answered with %d %s", c.method, c.path, c.body, a.Status, a.Body)
		}
	}
}
