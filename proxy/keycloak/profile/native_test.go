package profile

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func TestPatchIsMinimal(t *testing.T) {
	p := Stock()
	current := document.Must(`{"id":"1","userName":"a?","active":true,"name":{"givenName":"A","familyName":"B","formatted":"A B"},"emails":[{"value":"a@x.test","type":"work","primary":true}],"meta":{"created":"x"}}`)
	for _, c := range []struct {
		name, wanted, ops string
		refused           bool
	}{
		{"nothing", `{"userName":"A?","active":true,"name":{"givenName":"A","familyName":"B"},"emails":[{"value":"h@x.test","type":"home"},{"value":"A@x.test","primary":true}]}`, "", false},
		{"an old name that the profile would not take stays", `{"userName":"a?","title":"T","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"a@x.test"}]}`, "", false},
		{"leaf removals", `{"userName":"a?","emails":[{"value":"a@x.test"}]}`, "remove name.givenName remove name.familyName ", false},
		{"empty is removed", `{"userName":"a?","name":{"givenName":"","familyName":"B"},"emails":[{"type":"work"}]}`, "remove name.givenName remove emails ", false},
		{"primary wins", `{"userName":"a?","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"w@x.test","type":"work"},{"value":"p@x.test","primary":true}]}`, `replace emails [{"type":"work","primary":true,"value":"p@x.test"}] `, false},
		{"a new name is checked", `{"userName":"b?"}`, "", true},
		{"blanks at the ends", `{"userName":" ab1 ","name":{"givenName":"A ","familyName":"\tC"},"emails":[{"value":"a@x.test"}]}`, `replace userName "ab1" replace name.familyName "C" `, false},
		{"blanks only", `{"userName":"a?","name":{"givenName":"  ","familyName":"B"},"emails":[{"value":"a@x.test"}]}`, "remove name.givenName ", false},
		{"no name", `{"active":true}`, "", true},
		{"empty name", `{"userName":""}`, "", true},
		{"a number for a text", `{"userName":"a?","name":{"givenName":5}}`, "", true},
	} {
		ops, err := p.Patch(scim.User, current, document.Must(c.wanted))
		got := ""
		for _, o := range ops {
			got += o.Op + " " + o.Path + " "
			if o.Value != nil {
				got += string(o.Value) + " "
			}
		}
		if got != c.ops || (err != nil) != c.refused {
			t.Errorf("%s: %q %v, want %q", c.name, got, err, c.ops)
		}
	}
}

// A native request takes one pass over the resource, also if the profile maps many attributes.
func TestNativeFormsGrowWithTheSize(t *testing.T) {
	cost := func(n int) (post, patch uint64) {
		mapped := map[string]attribute{}
		a, b := document.Must(`{"userName":"u"}`).Object(), document.Must(`{"userName":"u"}`).Object()
		for i := range n {
			path := scim.AttrPath{URN: "urn:example:1:User", Name: fmt.Sprintf("a%05d", i)}
			mapped[path.Key()] = attribute{path: path}
			a.Set(path, `"x"`)
			b.Set(path, `"y"`)
		}
		p, was, wanted := newProfile(mapped, nil, nil), a.Resource(), b.Resource()
		var begin, middle, end runtime.MemStats
		runtime.ReadMemStats(&begin)
		if _, err := p.Create(scim.User, wanted); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&middle)
		if ops, err := p.Patch(scim.User, was, wanted); err != nil || len(ops) != n {
			t.Fatal(err, len(ops))
		}
		runtime.ReadMemStats(&end)
		return middle.TotalAlloc - begin.TotalAlloc, end.TotalAlloc - middle.TotalAlloc
	}
	cost(200)
	post, patch := cost(200)
	post4, patch4 := cost(800)
	if post4 >= 6*post || patch4 >= 6*patch {
		t.Errorf("post: %d KiB and %d KiB, patch: %d KiB and %d KiB", post>>10, post4>>10, patch>>10, patch4>>10)
	}
	t.Logf("post %.1f, patch %.1f", float64(post4)/float64(post), float64(patch4)/float64(patch))
}

// A group's name that Keycloak cannot store is refused; an externalId is not sent.
func TestGroupValues(t *testing.T) {
	p, long := Stock(), strings.Repeat("x", 256)
	group := func(name, externalID string) scim.Resource {
		return document.Must("{}").With("displayName", document.Quote(name)).With("externalId", document.Quote(externalID))
	}
	for _, row := range []struct {
		name, externalID, create, patch string
	}{
		{" ops ", "e", `{"displayName":"ops","externalId":"e"}`, "displayName externalId "},
		{long[:255] + " ", long, `{"displayName":"` + long[:255] + `"}`, "displayName "},
		{"ops", "a\x00b", `{"displayName":"ops"}`, "displayName "},
		{long, "e", "", ""},
		{strings.Repeat("\U0001F600", 128), "e", "", ""},
		{"a\x00b", "e", "", ""},
		{"\x01", "e", "", ""},
	} {
		created, err := p.Create(scim.Group, group(row.name, row.externalID))
		if got := created.Without("schemas").String(); (err != nil) != (row.create == "") || err == nil && got != row.create {
			t.Errorf("create %.20q: %s %v", row.name, got, err)
		}
		ops, err := p.Patch(scim.Group, document.Must(`{"displayName":"old"}`), group(row.name, row.externalID))
		got := ""
		for _, o := range ops {
			got += o.Path + " "
		}
		if (err != nil) != (row.patch == "") || got != row.patch {
			t.Errorf("patch %.20q: %s %v", row.name, got, err)
		}
	}
}
