package writing_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/writing"
)

// native returns the layer on a directory in memory that stores everything.
func native() (*writing.Service, *directorytest.Memory) {
	holds := map[scim.ResourceType]map[string]directory.Placement{scim.User: {}, scim.Group: {}}
	for _, t := range []scim.ResourceType{scim.User, scim.Group} {
		for _, a := range scim.CoreSchemas().Core(t).Attributes {
			holds[t][(scim.AttrPath{Name: a.Name}).Key()] = directory.Native
		}
		holds[t]["externalid"] = directory.Native
		holds[t]["members"], holds[t]["groups"] = directory.ServerMade, directory.ServerMade
	}
	m := directorytest.NewMemory(directory.Capabilities{Placements: holds, Filters: directorytest.KeycloakCapabilities().Filters, MaxPage: 100})
	var mu sync.Mutex
	lock := func(context.Context, string) (func(), error) { mu.Lock(); return mu.Unlock, nil }
	return writing.New(m, lock, scim.CoreSchemas(), writing.Options{MembersShown: 5}), m
}

func TestContract(t *testing.T) {
	directorytest.Run(t, func(*testing.T) directory.Directory {
		s, m := native()
		return directorytest.ServiceDirectory{Service: s, Holds: m.Capabilities()}
	})
}

func do(t *testing.T, s protocol.Service, c protocol.Call) protocol.Answer {
	t.Helper()
	a, err := s.Do(t.Context(), c)
	if err != nil {
		t.Fatalf("%s: %v", c.Verb(), err)
	}
	return a
}

func refuses(t *testing.T, s protocol.Service, c protocol.Call, status int, scimType string) {
	t.Helper()
	_, err := s.Do(t.Context(), c)
	if err == nil {
		t.Fatalf("%s was not refused", c.Verb())
	}
	if e := scim.AsError(err); e.Status != status || e.Type != scimType {
		t.Errorf("%s: %d %s (%s), want %d %s", c.Verb(), e.Status, e.Type, e.Detail, status, scimType)
	}
}

func op(kind scim.OpKind, path, value string) scim.Op {
	o := scim.Op{Kind: kind, Value: value}
	if path != "" {
		p, err := scim.ParsePath(path)
		if err != nil {
			panic(err)
		}
		o.Path = p
	}
	return o
}

func TestPutReplaces(t *testing.T) {
	s, _ := native()
	made := do(t, s, protocol.Create{Type: scim.User, Body: directorytest.Sample(1).With("title", `"T"`)}).Resource
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	do(t, s, protocol.Patch{Ref: ref, Ops: []scim.Op{op(scim.ReplaceAll, "active", "false")}})
	put := do(t, s, protocol.Replace{Ref: ref, Body: document.Must(`{"userName":"sample1","id":"other","meta":{"created":"x"},"groups":[],"name":{"familyName":"F"}}`)})
	got := do(t, s, protocol.Read{Ref: ref})
	if put.Resource.String() != got.Resource.String() || put.Version != got.Version {
		t.Errorf("put answered\n%s, get shows\n%s", put.Resource, got.Resource)
	}
	for path, want := range map[string]string{"title": "", "emails": "", "name.givenName": "", "name.familyName": `"F"`, "active": "false", "id": document.Quote(made.ID())} {
		if raw := got.Resource.Get(scim.MustPath(path)); raw != want {
			t.Errorf("%s is %s, want %s", path, raw, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	s, _ := native()
	made := do(t, s, protocol.Create{Type: scim.User, Body: directorytest.Sample(1)}).Resource
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	before := do(t, s, protocol.Read{Ref: ref})
	for _, c := range []struct {
		op       scim.Op
		scimType string
	}{
		{op(scim.ReplaceAll, "active", `"yes"`), "invalidValue"},
		{op(scim.Remove, "userName", ""), "mutability"},
		{op(scim.ReplaceAll, "userName", `""`), "invalidValue"},
		{op(scim.ReplaceAll, "userName", `null`), "mutability"},
		{op(scim.ReplaceAll, "id", `"x"`), "mutability"},
		{op(scim.Add, "groups", `[{"value":"x"}]`), "mutability"},
		{op(scim.ReplaceAll, "title.noSuchThing", `"x"`), "invalidPath"},
		{op(scim.ReplaceAll, `emails[type eq "fax"].value`, `"x"`), "noTarget"},
		{op(scim.ReplaceAll, "name", `"x"`), "invalidValue"},
	} {
		// A valid operation before the invalid one must have no effect.
		refuses(t, s, protocol.Patch{Ref: ref, Ops: []scim.Op{op(scim.ReplaceAll, "title", `"half"`), c.op}}, 400, c.scimType)
	}
	if after := do(t, s, protocol.Read{Ref: ref}); after.Version != before.Version {
		t.Errorf("something was left behind: %s", after.Resource)
	}
	refuses(t, s, protocol.Create{Type: scim.User, Body: document.Must(`{"name":{}}`)}, 400, "invalidValue")
	refuses(t, s, protocol.Replace{Ref: ref, Body: document.Must(`{"title":"x"}`)}, 400, "invalidValue")
}

func TestVersions(t *testing.T) {
	s, _ := native()
	made := do(t, s, protocol.Create{Type: scim.User, Body: directorytest.Sample(1)})
	ref := scim.Ref{Type: scim.User, ID: made.Resource.ID()}
	retitle := func(title, ifMatch string) protocol.Patch {
		return protocol.Patch{Ref: ref, Ops: []scim.Op{op(scim.ReplaceAll, "title", title)}, IfMatch: ifMatch}
	}
	changed := do(t, s, retitle(`"A"`, made.Version))
	refuses(t, s, retitle(`"B"`, made.Version), 412, "")
	do(t, s, retitle(`"C"`, `"x", `+changed.Version))
	do(t, s, retitle(`"D"`, "*"))
	refuses(t, s, protocol.Delete{Ref: ref, IfMatch: made.Version}, 412, "")
	if a := do(t, s, protocol.Read{Ref: ref, Projection: protocol.Projection{Attributes: []scim.AttrPath{{Name: "title"}}}}); a.Version != "" {
		t.Error("a part of a resource has a version")
	}
}

func group(t *testing.T, s protocol.Service, users int) (scim.Ref, []string) {
	t.Helper()
	var ids []string
	for i := range users {
		ids = append(ids, do(t, s, protocol.Create{Type: scim.User, Body: directorytest.Sample(i)}).Resource.ID())
	}
	g := do(t, s, protocol.Create{Type: scim.Group, Body: document.Must(fmt.Sprintf(`{"displayName":"G","members":[{"value":%q}]}`, ids[0]))})
	if len(document.Elements(g.Resource.Raw("members"))) != 1 {
		t.Fatalf("created with members: %s", g.Resource)
	}
	return scim.Ref{Type: scim.Group, ID: g.Resource.ID()}, ids
}

func value(ids ...string) string {
	var es []string
	for _, id := range ids {
		es = append(es, `{"value":`+document.Quote(id)+`}`)
	}
	return document.Array(es)
}

func TestMembersInEveryForm(t *testing.T) {
	s, _ := native()
	g, ids := group(t, s, 4)
	for _, step := range []struct {
		name string
		ops  []scim.Op
		want []string
	}{
		{"add", []scim.Op{op(scim.Add, "members", value(ids[1], ids[0]))}, ids[:2]},
		{"add one object", []scim.Op{op(scim.Add, "members", `{"value":`+document.Quote(ids[2])+`,"display":"x"}`)}, ids[:3]},
		{"remove by filter", []scim.Op{op(scim.Remove, `members[value eq "`+ids[0]+`"]`, "")}, ids[1:3]},
		{"again", []scim.Op{op(scim.Remove, `members[value eq "`+ids[0]+`"]`, "")}, ids[1:3]},
		{"or", []scim.Op{op(scim.Remove, `members[value eq "`+ids[1]+`" or value eq "`+ids[2]+`"]`, "")}, nil},
		{"path-less add", []scim.Op{op(scim.Add, "", `{"members":`+value(ids...)+`}`)}, ids},
		{"replace", []scim.Op{op(scim.ReplaceAll, "members", value(ids[3]))}, ids[3:]},
		{"remove then add is a set", []scim.Op{op(scim.Remove, "members", ""), op(scim.Add, "members", value(ids[0], ids[1]))}, ids[:2]},
		{"last word wins", []scim.Op{op(scim.Add, "members", value(ids[2])), op(scim.Remove, `members[value eq "`+ids[2]+`"]`, "")}, ids[:2]},
		{"with attributes", []scim.Op{op(scim.ReplaceAll, "displayName", `"H"`), op(scim.Add, "members", value(ids[3]))}, []string{ids[0], ids[1], ids[3]}},
		{"replace with nothing", []scim.Op{op(scim.ReplaceAll, "members", `[]`)}, nil},
		{"null", []scim.Op{op(scim.Add, "members", value(ids...)), op(scim.ReplaceAll, "members", `null`)}, nil},
	} {
		answered := do(t, s, protocol.Patch{Ref: g, Ops: step.ops}).Resource
		shown := do(t, s, protocol.Read{Ref: g}).Resource
		if answered.String() != shown.String() {
			t.Errorf("%s: answered\n%s, get shows\n%s", step.name, answered, shown)
		}
		got := map[string]bool{}
		for _, e := range document.Elements(shown.Raw("members")) {
			got[document.Text(document.Must(e).Raw("value"))] = true
		}
		if len(got) != len(step.want) {
			t.Errorf("%s: %v, want %v", step.name, got, step.want)
		}
		for _, id := range step.want {
			if !got[id] {
				t.Errorf("%s: %s is missing", step.name, id)
			}
		}
	}
}

func TestMembersRefused(t *testing.T) {
	s, _ := native()
	g, ids := group(t, s, 2)
	for _, o := range []scim.Op{
		op(scim.Add, "members", `[{"display":"x"}]`), op(scim.Add, "members", `["`+ids[1]+`"]`),
		op(scim.Add, "members", `[{"value":"`+g.ID+`","type":"Group"}]`),
	} {
		refuses(t, s, protocol.Patch{Ref: g, Ops: []scim.Op{o}}, 400, "invalidValue")
	}
	refuses(t, s, protocol.Patch{Ref: g, Ops: []scim.Op{op(scim.ReplaceAll, `members[value eq "x"].display`, `"x"`)}}, 400, "invalidPath")
	// The attributes of a write whose members are refused are restored.
	refuses(t, s, protocol.Patch{Ref: g, Ops: []scim.Op{op(scim.ReplaceAll, "displayName", `"H"`), op(scim.Add, "members", value("nobody"))}}, 400, "invalidValue")
	if r := do(t, s, protocol.Read{Ref: g}).Resource; r.Raw("displayName") != `"G"` {
		t.Errorf("half of it stayed: %s", r)
	}
	// A group whose members are refused is not created.
	refuses(t, s, protocol.Create{Type: scim.Group, Body: document.Must(`{"displayName":"New","members":[{"value":"nobody"}]}`)}, 400, "invalidValue")
	p := do(t, s, protocol.List{Query: directory.Query{Type: scim.Group, Start: 1, Count: 10}})
	if p.Page.Total != 1 {
		t.Errorf("%d groups", p.Page.Total)
	}
}

func TestBigGroupPatchHasNoBody(t *testing.T) {
	s, m := native()
	g, ids := group(t, s, 8)
	if a := do(t, s, protocol.Patch{Ref: g, Ops: []scim.Op{op(scim.Add, "members", value(ids...))}}); !a.Resource.IsZero() {
		t.Error("a group of 8 is answered although 5 is the limit")
	}
	calls := m.Calls()
	if a := do(t, s, protocol.Patch{Ref: g, Ops: []scim.Op{op(scim.Add, "members", value(ids...))}, Projection: protocol.Projection{Quiet: true}}); !a.Resource.IsZero() || m.Calls() != calls+1 {
		t.Errorf("a quiet change of members took %d calls", m.Calls()-calls)
	}
	if a := do(t, s, protocol.Replace{Ref: g, Body: document.Must(`{"displayName":"G","members":` + value(ids...) + `}`)}); len(document.Elements(a.Resource.Raw("members"))) != 8 {
		t.Error("a PUT answers the whole")
	}
}

// A create returns the ref of the new resource even if the resource is not requested.
func TestQuietCreateNamesWhatItMade(t *testing.T) {
	s, m := native()
	for _, c := range []protocol.Create{
		{Type: scim.User, Body: directorytest.Sample(1), Projection: protocol.Projection{Quiet: true}},
		{Type: scim.Group, Body: document.Must(`{"displayName":"G"}`), Projection: protocol.Projection{Quiet: true}},
	} {
		a := do(t, s, c)
		if _, err := m.Get(t.Context(), a.Made, directory.Fields{}); err != nil || a.Made.Type != c.Type || !a.Resource.IsZero() {
			t.Errorf("%+v: %v", a, err)
		}
	}
}

// Members can be removed by any filter of RFC 7644. One that does not name ids is decided on the
// members that the group has at that point of the PATCH.
func TestMemberFilters(t *testing.T) {
	for filter, want := range map[string]string{
		`value eq "1"`: "2 3",
		`value eq "1" or value eq "9" or value eq "3"`:    "2",
		`value eq "1" and type eq "User"`:                 "2 3",
		`type eq "user" and value eq "1"`:                 "2 3",
		`value eq "1" and type eq "Group"`:                "1 2 3",
		`not (value eq "1")`:                              "1",
		`value ew "-1" or value ew "-2"`:                  "3",
		`value ne "1" and (value eq "2" or value eq "7")`: "1 3",
		`type eq "User"`:                                  "",
		`nothing eq "1"`:                                  "1 2 3",
	} {
		s, _ := native()
		g, ids := group(t, s, 3)
		do(t, s, protocol.Patch{Ref: g, Ops: []scim.Op{op(scim.Add, "members", value(ids...))}})
		text := filter
		for i, id := range ids {
			text = strings.ReplaceAll(text, fmt.Sprintf(`"%d"`, i+1), document.Quote(id))
		}
		got := do(t, s, protocol.Patch{Ref: g, Ops: []scim.Op{op(scim.Remove, "members["+text+"]", "")}}).Resource
		var left []string
		for i, id := range ids {
			if strings.Contains(got.Raw("members"), document.Quote(id)) {
				left = append(left, fmt.Sprint(i+1))
			}
		}
		if strings.Join(left, " ") != want {
			t.Errorf("%s leaves %v, want %s: %s", filter, left, want, got)
		}
	}
	s, _ := native()
	g, ids := group(t, s, 3)
	got := do(t, s, protocol.Patch{Ref: g, Ops: []scim.Op{
		op(scim.Remove, "members[value eq \""+ids[0]+"\"]", ""), op(scim.ReplaceAll, "members", value(ids[0], ids[2])),
		op(scim.Remove, `members[type eq "User" and value eq "`+ids[2]+`"]`, ""),
	}}).Resource
	if raw := got.Raw("members"); !strings.Contains(raw, ids[0]) || strings.Contains(raw, document.Quote(ids[1])) || strings.Contains(raw, document.Quote(ids[2])) {
		t.Errorf("the operations before count: %s", raw)
	}
}
