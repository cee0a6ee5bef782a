package protocol_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/protocol/protocoltest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	ref := scim.Ref{Type: scim.User, ID: "7"}
	title := scimtest.Path(t, "title")
	want := protocol.Projection{Attributes: names("title name.givenName"), Excluded: names("emails")}
	for _, c := range []struct {
		target, body string
		want         protocol.Call
	}{
		{"POST ", `{"userName":"a"}`, protocol.Create{Type: scim.User, Body: document.Must(`{"userName":"a"}`)}},
		{"POST ?attributes=title,name.givenName&excludedAttributes=emails", `{}`, protocol.Create{Type: scim.User, Body: document.Must(`{}`), Projection: want}},
		{"POST ", `{"id":null,"meta":{"created":5},"groups":"x","password":5,"schemas":[5],"shoe":1}`, protocol.Create{Type: scim.User, Body: document.Must(`{"id":null,"meta":{"created":5},"groups":"x","password":5,"schemas":[5],"shoe":1}`)}},
		{"GET 7", "", protocol.Read{Ref: ref, IfNoneMatch: `W/"n"`}},
		{"GET 7?attributes=%20title%20,,name.givenName&excludedAttributes=emails", "", protocol.Read{Ref: ref, IfNoneMatch: `W/"n"`, Projection: want}},
		{"GET 7?attributes=title&attributes=name.givenName&excludedAttributes=emails", "", protocol.Read{Ref: ref, IfNoneMatch: `W/"n"`, Projection: want}},
		{"PUT 7", `{"id":"7","userName":"a"}`, protocol.Replace{Ref: ref, Body: document.Must(`{"id":"7","userName":"a"}`), IfMatch: `W/"m"`}},
		{"PUT 7", `{"userName":"a"}`, protocol.Replace{Ref: ref, Body: document.Must(`{"userName":"a"}`), IfMatch: `W/"m"`}},
		{"DELETE 7", "", protocol.Delete{Ref: ref, IfMatch: `W/"m"`}},
		{"PATCH 7?attributes=title,name.givenName&excludedAttributes=emails", protocoltest.Patch(`[{"op":"add","path":"title","value":"a"},{"op":"remove","path":"title"}]`), protocol.Patch{Ref: ref, IfMatch: `W/"m"`, Projection: want, Ops: []scim.Op{
			{Kind: scim.Add, Path: title, Value: `"a"`}, {Kind: scim.Remove, Path: title},
		}}},
		{"PATCH 7", `{"Schemas":["` + strings.ToUpper(scim.PatchURN) + `"],"operations":[{"OP":"replace","PATH":null,"VALUE":{"a" : 1}}]}`, protocol.Patch{Ref: ref, IfMatch: `W/"m"`, Ops: []scim.Op{{Kind: scim.ReplaceAll, Value: `{"a" : 1}`}}}},
		{"PATCH 7", protocoltest.Patch(`[ ]`), protocol.Patch{Ref: ref, IfMatch: `W/"m"`}},
		{"PATCH 7", protocoltest.Patch(`[{"op":"replace","path":"title","value":null}]`), protocol.Patch{Ref: ref, IfMatch: `W/"m"`, Ops: []scim.Op{{Kind: scim.ReplaceAll, Path: title, Value: "null"}}}},
		{"PATCH 7", protocoltest.Patch(`[{"op":"remove","path":"emails[type eq \"work\"].value","value":"x"}]`), protocol.Patch{Ref: ref, IfMatch: `W/"m"`, Ops: []scim.Op{{Kind: scim.Remove, Path: scimtest.Path(t, `emails[type eq "work"].value`), Value: `"x"`}}}},
	} {
		got, fired, err := protocoltest.Decoder().Decode(protocoltest.Request(t, c.target, c.body))
		if err != nil || len(fired) != 0 {
			t.Errorf("%s %s: %v %v", c.target, c.body, err, fired)
			continue
		}
		if diff := cmp.Diff(c.want, got, protocoltest.Resources); diff != "" {
			t.Errorf("%s %s: %s", c.target, c.body, diff)
		}
	}
}

func TestDecodeRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ target, body, scimType, words string }{
		{"POST ", ``, "invalidSyntax", "not a JSON object"},
		{"POST ", `[{"userName":"a"}]`, "invalidSyntax", "not a JSON object"},
		{"POST ", `{"userName":"a","USERNAME":"b"}`, "invalidSyntax", "given twice"},
		{"POST ", `{"schemas":"urn"}`, "invalidSyntax", "schemas is not an array"},
		{"POST ", `{"id":5}`, "invalidValue", "id is not a string"},
		{"POST ", `{"active":"yes"}`, "invalidValue", "active is not a boolean"},
		{"POST ", `{"` + enterprise + `":5}`, "invalidValue", "is not an object"},
		{"POST ?attributes=a%20b", `{}`, "invalidValue", `attributes: "a b" is not an attribute`},
		{"PUT 7", `null`, "invalidSyntax", "not a JSON object"},
		{"PUT 7", `{"id":"8"}`, "invalidValue", "the id in the body"},
		{"PUT 7", `{"emails":"x"}`, "invalidValue", "emails is not an array"},
		{"GET 7?excludedAttributes=name.,title", "", "invalidValue", `excludedAttributes: "name." is not an attribute`},
		{"PATCH 7", `[]`, "invalidSyntax", "not a JSON object"},
		{"PATCH 7", `{"Operations":[{"op":"remove","path":"title"}]}`, "invalidSyntax", "schemas does not name"},
		{"PATCH 7", `{"schemas":["` + scim.UserURN + `"],"Operations":[{"op":"remove","path":"title"}]}`, "invalidSyntax", "schemas does not name"},
		{"PATCH 7", `{"schemas":["` + scim.PatchURN + `"]}`, "invalidSyntax", "Operations is missing"},
		{"PATCH 7", protocoltest.Patch(`null`), "invalidSyntax", "Operations is missing or no array"},
		{"PATCH 7", protocoltest.Patch(`{"op":"remove","path":"title"}`), "invalidSyntax", "Operations is missing"},
		{"PATCH 7", protocoltest.Patch(`[{"op":"remove","path":"title"},5]`), "invalidSyntax", "operation 2: it is not an object"},
		{"PATCH 7", protocoltest.Patch(`[{"path":"title","value":1}]`), "invalidSyntax", "operation 1: op is not add"},
		{"PATCH 7", protocoltest.Patch(`[{"op":"Add","path":"title","value":"x"}]`), "invalidSyntax", "op is not add, remove or replace"},
		{"PATCH 7", protocoltest.Patch(`[{"op":["add"],"path":"title","value":"x"}]`), "invalidSyntax", "op is not add"},
		{"PATCH 7", protocoltest.Patch(`[{"op":"remove"}]`), "noTarget", "remove needs a path"},
		{"PATCH 7", protocoltest.Patch(`[{"op":"remove","path":null}]`), "noTarget", "remove needs a path"},
		{"PATCH 7", protocoltest.Patch(`[{"op":"add","path":"title"}]`), "invalidValue", "add needs a value"},
		{"PATCH 7", protocoltest.Patch(`[{"op":"replace","path":"title"}]`), "invalidValue", "replace needs a value"},
		{"PATCH 7", protocoltest.Patch(`[{"op":"add","value":"x"}]`), "invalidValue", "without a path the value must be an object"},
		{"PATCH 7", protocoltest.Patch(`[{"op":"add","value":null}]`), "invalidValue", "without a path the value must be an object"},
		{"PATCH 7", protocoltest.Patch(`[{"op":"add","path":"","value":"x"}]`), "invalidPath", "operation 1: the path is not valid"},
		{"PATCH 7", protocoltest.Patch(`[{"op":"add","path":5,"value":"x"}]`), "invalidPath", "path is not a string"},
		{"PATCH 7", protocoltest.Patch(`[{"op":"add","path":"emails[type eq work]","value":"x"}]`), "invalidPath", `found "work" at column 16`},
	} {
		_, _, err := protocoltest.Decoder().Decode(protocoltest.Request(t, c.target, c.body))
		scimtest.Refused(t, c.target+" "+c.body, err, c.scimType, c.words)
	}
	for _, target := range []string{"POST 7", "PUT ", "PATCH ", "DELETE ", "HEAD 7", "get 7", "GET .search", "PUT .search", "DELETE .search", " "} {
		_, _, err := protocoltest.Decoder().Decode(protocoltest.Request(t, target, `{}`))
		if err == nil || scim.Status(err) != 405 {
			t.Errorf("%s: %v", target, err)
		}
	}
}

// Each rule gets the result of the rule before it, and the last result is decoded. A rule may
// change the method.
func TestDecodeRunsTheDialect(t *testing.T) {
	t.Parallel()
	rule := func(name, from, to string) protocol.Rule {
		return protocol.Rule{Name: name, Body: func(_ *protocol.Message, body *scim.Object) {
			body.Map(func(name, raw string) (string, string) { return name, strings.ReplaceAll(raw, from, to) })
		}}
	}
	turn := protocol.Rule{Name: "put-is-patch", Request: func(m *protocol.Message) bool {
		if m.Method != "PUT" {
			return false
		}
		m.BecomePatch(protocol.NewOperation(scim.ReplaceAll, "", m.Body.String()))
		m.Projection.Quiet = true
		return true
	}}
	got, fired, err := protocoltest.Decoder(rule("a", `"A"`, `"B"`), rule("b", `"B"`, `"C"`), rule("a again", `"A"`, `"D"`), turn).Decode(protocoltest.Request(t, "PUT 7", `{"title":"A"}`))
	if err != nil || !slices.Equal(fired, []string{"a", "b", "put-is-patch"}) {
		t.Fatalf("%v %v", fired, err)
	}
	want := protocol.Patch{Ref: scim.Ref{Type: scim.User, ID: "7"}, Ops: []scim.Op{{Kind: scim.ReplaceAll, Value: `{"title":"C"}`}}, IfMatch: `W/"m"`, Projection: protocol.Projection{Quiet: true}}
	if diff := cmp.Diff(protocol.Call(want), got, protocoltest.Resources); diff != "" {
		t.Error(diff)
	}
	if _, fired, err := protocoltest.Decoder(rule("a", `"A"`, `5`)).Decode(protocoltest.Request(t, "POST ", `{"title":"A"}`)); err == nil || len(fired) != 1 {
		t.Errorf("the rules that fired belong to a refusal too: %v %v", fired, err)
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	for verb, c := range map[string]struct {
		call   protocol.Call
		writes bool
	}{
		"create": {protocol.Create{}, true}, "get": {protocol.Read{}, false}, "list": {protocol.List{}, false},
		"replace": {protocol.Replace{}, true}, "patch": {protocol.Patch{}, true}, "delete": {protocol.Delete{}, true},
	} {
		if c.call.Verb() != verb || c.call.Writes() != c.writes {
			t.Errorf("%T: %s %v", c.call, c.call.Verb(), c.call.Writes())
		}
	}
}
