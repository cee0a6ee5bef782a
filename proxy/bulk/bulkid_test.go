package bulk_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/protocol/protocoltest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

var aliceRef, crewRef = scim.Ref{Type: scim.User, ID: "u-1"}, scim.Ref{Type: scim.Group, ID: "g-10"}

func lookup(id string) (scim.Ref, bool) {
	ref, ok := map[string]scim.Ref{"1": aliceRef, "10": crewRef, "x:y": {Type: scim.User, ID: "u-2"}}[id]
	return ref, ok
}

func call(t *testing.T, target, body string) protocol.Call {
	t.Helper()
	w := protocoltest.Request(t, target, body)
	if method, rest, _ := strings.Cut(target, " "); strings.HasPrefix(rest, "Groups/") {
		w = protocoltest.Request(t, method+" "+strings.TrimPrefix(rest, "Groups/"), body)
		w.Type = scim.Group
	}
	c, _, err := protocoltest.Decoder().Decode(w)
	if err != nil {
		t.Fatalf("%s %s: %v", target, body, err)
	}
	return c
}

func TestReferences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		target, body string
		refs         string // joined by a space
		bound        string // the same request with ids
	}{
		{"POST Groups/", `{"displayName":"a","members":[{"value":"bulkId:1","type":"User"}, {"value":"u-9"}]}`, "1", `{"displayName":"a","members":[{"value":"u-1","type":"User"},{"value":"u-9"}]}`},
		{"POST Groups/", `{"members":[{"value":"bulk\u0049d:1"}]}`, "1", `{"members":[{"value":"u-1"}]}`},
		{"POST ", `{"` + enterprise + `":{"department":"bulkId:1","manager":{"VALUE":"bulkId:x:y","$ref":"bulkId:1","displayName":"bulkId:1"}}}`, "x:y 1",
			`{"` + enterprise + `":{"department":"bulkId:1","manager":{"VALUE":"u-2","$ref":"../Users/u-1","displayName":"bulkId:1"}}}`},
		{"POST ", `{"` + foreign + `":{"mentor":"bulkId:1","peers":["bulkId:10",{"value":"bulkId:1","note":"bulkId:1","in":{"$ref":"bulkId:10"}}]}}`, "1 10",
			`{"` + foreign + `":{"mentor":"u-1","peers":["g-10",{"value":"u-1","note":"bulkId:1","in":{"$ref":"../Groups/g-10"}}]}}`},
		{"POST ", `{"title":"bulkId:1","externalId":"bulkId:1","emails":[{"value":"bulkId:1"}],"groups":[{"value":"bulkId:10"}],"userName":"bulkId:1"}`, "", ""},
		{"POST Groups/", `{"members":[{"value":"xbulkId:1"},{"value":"bulkId:"},{"value":"BULKID:1x"},{"value":" bulkId:1"}]}`, "", ""},
		{"PUT Groups/bulkId:10", `{"members":[{"value":"bulkId:1"}]}`, "10 1", `{"members":[{"value":"u-1"}]}`},
		{"DELETE bulkId:1", "", "1", ""},
	} {
		in := call(t, c.target, c.body)
		if refs := strings.Join(bulk.References(in), " "); refs != c.refs {
			t.Errorf("%s %s refers to %q, want %q", c.target, c.body, refs, c.refs)
		}
		got, err := bulk.Bind(in, lookup)
		if err != nil {
			t.Errorf("%s: %v", c.body, err)
			continue
		}
		if c.bound == "" {
			c.bound = c.body
		}
		target := strings.NewReplacer("bulkId:10", "g-10", "bulkId:1", "u-1").Replace(c.target)
		if diff := cmp.Diff(call(t, target, c.bound), got, protocoltest.Resources); diff != "" {
			t.Errorf("%s %s: %s", c.target, c.body, diff)
		}
		if len(bulk.References(got)) > 0 {
			t.Errorf("%s still refers to %v", c.body, bulk.References(got))
		}
	}
}

func TestReferencesInPatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ target, op, refs, bound string }{
		{"Groups/g-2", `{"op":"add","path":"members","value":[{"value":"bulkId:1"}]}`, "1", `{"op":"add","path":"members","value":[{"value":"u-1"}]}`},
		{"Groups/g-2", `{"op":"replace","value":{"displayName":"bulkId:1","members":{"value":"bulkId:1"}}}`, "1", `{"op":"replace","value":{"displayName":"bulkId:1","members":{"value":"u-1"}}}`},
		{"Groups/g-2", `{"op":"remove","path":"members[value eq \"bulkId:1\" or not (value eq \"bulkId:x:y\") and display eq \"bulkId:1\"]"}`, "1 x:y",
			`{"op":"remove","path":"members[value eq \"u-1\" or not (value eq \"u-2\") and display eq \"bulkId:1\"]"}`},
		{"7", `{"op":"add","path":"` + enterprise + `:manager","value":"bulkId:1"}`, "1", `{"op":"add","path":"` + enterprise + `:manager","value":"u-1"}`},
		{"7", `{"op":"add","path":"` + enterprise + `:manager.value","value":"bulkId:1"}`, "1", `{"op":"add","path":"` + enterprise + `:manager.value","value":"u-1"}`},
		{"7", `{"op":"add","path":"` + enterprise + `:manager.displayName","value":"bulkId:1"}`, "", ""},
		{"7", `{"op":"add","path":"` + enterprise + `","value":{"manager":{"value":"bulkId:1"}}}`, "1", `{"op":"add","path":"` + enterprise + `","value":{"manager":{"value":"u-1"}}}`},
		{"7", `{"op":"add","value":{"` + enterprise + `":{"manager":{"value":"bulkId:1"}}}}`, "1", `{"op":"add","value":{"` + enterprise + `":{"manager":{"value":"u-1"}}}}`},
		{"7", `{"op":"replace","path":"title","value":"bulkId:1"}`, "", ""},
		{"7", `{"op":"replace","path":"emails[value eq \"bulkId:1\"].value","value":"bulkId:1"}`, "", ""},
	} {
		in := call(t, "PATCH "+c.target, protocoltest.Patch("["+c.op+"]"))
		if refs := strings.Join(bulk.References(in), " "); refs != c.refs {
			t.Errorf("%s refers to %q, want %q", c.op, refs, c.refs)
		}
		if c.bound == "" {
			c.bound = c.op
		}
		before := bulk.References(in)
		got, err := bulk.Bind(in, lookup)
		if diff := cmp.Diff(call(t, "PATCH "+c.target, protocoltest.Patch("["+c.bound+"]")), got, protocoltest.Resources); diff != "" || err != nil {
			t.Errorf("%s: %v %s", c.op, err, diff)
		}
		if !slices.Equal(before, bulk.References(in)) {
			t.Errorf("%s: Bind changed its argument", c.op)
		}
	}
}

func TestWhatCannotBeBound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ target, body, words string }{
		{"POST Groups/", `{"members":[{"value":"bulkId:100"}]}`, "bulkId:100 is not the bulkId of a POST"},
		{"DELETE bulkId:2", "", "bulkId:2 is not"},
		{"DELETE Groups/bulkId:1", "", "bulkId:1 is a User, but the path says Groups"},
		{"POST Groups/", `{"members":[{"value":"bulkId:10"}]}`, "bulkId:10 is a group"},
		{"PATCH Groups/g-2", protocoltest.Patch(`[{"op":"add","path":"members","value":[{"value":"bulkId:10"}]}]`), "bulkId:10 is a group"},
	} {
		_, err := bulk.Bind(call(t, c.target, c.body), lookup)
		scimtest.Refused(t, c.target+" "+c.body, err, "invalidValue", c.words)
	}
}

// The parts that Defer returns are together the call that it got.
func TestDefer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ target, body, ids, now, later string }{
		{"POST ", `{"userName":"a","` + enterprise + `":{"department":"d","manager":{"value":"bulkId:1","displayName":"M"}}}`, "1",
			`{"userName":"a","` + enterprise + `":{"department":"d"}}`, `[{"op":"add","path":"` + enterprise + `:manager","value":{"value":"bulkId:1","displayName":"M"}}]`},
		{"POST ", `{"userName":"a","` + enterprise + `":{"manager":{"value":"bulkId:10"}}}`, "1", `{"userName":"a","` + enterprise + `":{"manager":{"value":"bulkId:10"}}}`, `[]`},
		{"POST ", `{"userName":"a","` + enterprise + `":{"manager":{"value":"bulkId:1"}}}`, "1", `{"userName":"a"}`, `[{"op":"add","path":"` + enterprise + `:manager","value":{"value":"bulkId:1"}}]`},
		{"POST Groups/", `{"displayName":"g","members":[{"value":"bulkId:1"},{"value":"u-9"},{"value":"bulkId:10"}]}`, "1 x:y",
			`{"displayName":"g","members":[{"value":"u-9"},{"value":"bulkId:10"}]}`, `[{"op":"add","path":"members","value":[{"value":"bulkId:1"}]}]`},
	} {
		create, _ := call(t, c.target, c.body).(protocol.Create)
		now, later := bulk.Defer(create, strings.Fields(c.ids))
		if diff := cmp.Diff(call(t, c.target, c.now), protocol.Call(now), protocoltest.Resources); diff != "" {
			t.Errorf("%s now: %s", c.body, diff)
		}
		prefix := "PATCH "
		if create.Type == scim.Group {
			prefix += "Groups/"
		}
		want, _ := call(t, prefix+"7", protocoltest.Patch(c.later)).(protocol.Patch)
		if diff := cmp.Diff(want.Ops, later.Ops, protocoltest.Resources); diff != "" || later.Type != create.Type {
			t.Errorf("%s later: %s", c.body, diff)
		}
	}
}
