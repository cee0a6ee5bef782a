package record_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
)

const extension = "urn:example:params:1.0:User"

// schemas declare an extension with an attribute of each type.
func schemas() scim.Schemas {
	var as []scim.Attribute
	for _, kind := range []string{"string", "boolean", "integer", "decimal", "dateTime", "reference", "binary", "complex"} {
		as = append(as, scim.Attribute{Name: kind, Type: kind}, scim.Attribute{Name: kind + "Exact", Type: kind, CaseExact: true}, scim.Attribute{Name: kind + "s", Type: kind, MultiValued: true})
	}
	return scim.CoreSchemas().With(scim.User, scim.Schema{ID: extension, Attributes: as})
}

// recordOf has the attributes of a resource as overrides of values that Keycloak does not show.
func recordOf(r scim.Resource) record.Record {
	rec := record.Record{Type: scim.User}
	for l := range r.Leaves() {
		rec.Overrides = append(rec.Overrides, record.Override{Path: l.Path, Requested: l.Raw, Index: -1})
	}
	return rec
}

// values are equal to others, or nearly so, under some definition of an attribute.
func values() []string {
	long := strings.Repeat("Long", 1000)
	return []string{
		`""`, `" "`, `"a"`, `"A"`, `"\u0061"`, `"ä"`, `"Ä"`, `"İ"`, `"i̇"`, `"i"`, `"I"`, `"ß"`, `"SS"`, `"ſ"`, `"s"`, `"K"`, `"k"`, `"\u001f"`, `"\u0000"`, `"a\u001ftb"`,
		`"true"`, `"1"`, `"null"`, `"` + long + `"`, `"` + strings.ToUpper(long) + `"`, `"` + long + `x"`,
		`"2024-02-03T04:05:06Z"`, `"2024-02-03T05:05:06+01:00"`, `"2024-02-03T04:05:06.000Z"`, `"2024-02-03T04:05:06"`, `"2024-02-03T04:05:06.5Z"`, `"2024-02-03t04:05:06z"`, `"2024-02-03"`,
		`true`, `false`, `0`, `-0`, `0.0`, `-0.0`, `0e5`, `1`, `1.0`, `10e-1`, `1.50`, `1.5`, `100`, `1e2`, `1E2`, `1E+2`, `-7`, `-7.0`,
		`9007199254740992`, `9007199254740993`, `9007199254740993.0`, `1e400`, `-1e400`, `2e400`, `1` + strings.Repeat("0", 400), `1` + strings.Repeat("0", 700), `1e-400`, `0.1`, `0.10000000000000000001`,
		`{"value":"a"}`, `{"value":1}`, `{"VALUE":"A"}`, `{"sub":"a"}`, `{"Sub":1.0}`, `{"value":{"value":"a"}}`, `{"value":""}`,
		`["a","b"]`, `[1,"A"]`, `[{"value":"a"},{"value":"b"}]`, `[{"sub":"A","value":"x"}]`, `["2024-02-03T04:05:06Z"]`, `[["a"]]`,
	}
}

// A look-up never misses: whatever is kept, if the filter matches the resource under the schemas of
// any tenant, the record has one of the terms.
func TestLookupNeverMisses(t *testing.T) {
	declared, plain := schemas(), scim.CoreSchemas()
	places := []string{
		`{"title":%s}`, `{"TITLE":%s}`, `{"name":{"middleName":%s}}`, `{"nickName":%s}`, `{"` + scim.EnterpriseURN + `":{"manager":%s}}`, `{"` + strings.ToLower(scim.EnterpriseURN) + `":{"Department":%s}}`,
		`{"` + scim.EnterpriseURN + `":{"unheardOf":%s}}`, `{"urn:a:b":{"c":%s}}`, `{"urn:a":{"b":{"c":%s}}}`, `{"urn:a:b:c":%s}`, `{"urn:x:User":{"badge":%s}}`, `{"urn:x":{"User":{"badge":%s}}}`, `{"urn:x:User:badge":%s}`,
		`{"urn:x:User":{"ba.dge":%s}}`, `{"urn:x:User":{"de\u017fk":%s}}`, `{"urn:x:User":{"a":{"value":%s}}}`,
	}
	for _, kind := range []string{"string", "stringExact", "booleans", "boolean", "integer", "decimal", "decimals", "dateTime", "dateTimeExact", "dateTimes", "reference", "binary", "complex"} {
		places = append(places, `{"`+extension+`":{"`+kind+`":%s}}`)
	}
	var looked []scim.AttrPath
	for _, p := range []string{
		"title", "name.middleName", "nickName", scim.EnterpriseURN + ":manager.value", scim.EnterpriseURN + ":manager", scim.EnterpriseURN + ":department", scim.EnterpriseURN + ":unheardof",
		"urn:a:b:c", "urn:a:b.c", "urn:a:b:c.value", "urn:a:b:c.sub", "urn:a:b", "urn:x:User:badge", "urn:x:user:badge.sub", "urn:x:User:badge.value", "urn:x:User:desk", "urn:x:User:a", "urn:x:User:a.value", "urn:x:User:a.b",
	} {
		looked = append(looked, scim.MustPath(p))
	}
	for _, a := range declared.Extensions(scim.User)[1].Attributes {
		looked = append(looked, scim.AttrPath{URN: extension, Name: a.Name}, scim.AttrPath{URN: extension, Name: a.Name, Sub: "value"}, scim.AttrPath{URN: extension, Name: a.Name, Sub: "sub"})
	}
	literals := slices.DeleteFunc(values(), func(v string) bool { return document.IsObject(v) || document.IsArray(v) })
	matches := 0
	for _, place := range places {
		for _, v := range values() {
			kept, err := scim.ParseResource(fmt.Appendf(nil, place, v))
			if err != nil {
				t.Fatal(err)
			}
			terms := recordOf(kept).Indexing(nil)
			for _, p := range looked {
				if has := (scim.Present{Attr: p}); !declared.Match(has, scim.User, kept) && !plain.Match(has, scim.User, kept) {
					continue
				}
				for _, literal := range literals {
					f := scim.Compare{Attr: p, Op: scim.Eq, Value: literal}
					if !declared.Match(f, scim.User, kept) && !plain.Match(f, scim.User, kept) {
						continue
					}
					matches++
					if !record.Searchable(scim.User, p) {
						continue
					}
					if !slices.ContainsFunc(record.Lookup(scim.User, p, literal), func(term string) bool { return slices.Contains(terms, term) }) {
						t.Errorf("%.100s matches %s eq %.60s, but its terms %.200q do not tell", kept, p, literal, terms)
					}
				}
			}
		}
	}
	if matches < 3000 {
		t.Errorf("only %d comparisons match: the test compares nothing", matches)
	}
}

// A look-up finds few others: values that are equal under no schema have no term in common.
func TestLookupTellsValuesApart(t *testing.T) {
	terms := recordOf(document.Must(`{"title":"a","nickName":"b","urn:a:b":{"n":1,"t":"1","d":"2024-02-03T04:05:06Z","true":true,"o":{"value":"a","p":"q"}}}`)).Indexing(nil)
	for _, row := range []struct {
		path, literal string
		found         bool
	}{
		{"title", `"A"`, true}, {"title", `"b"`, false}, {"title", `"aa"`, false}, {"title", `""`, false}, {"nickName", `"a"`, false},
		{"urn:a:b:n", `1.0`, true}, {"urn:a:b:n", `"1"`, false}, {"urn:a:b:t", `1`, false}, {"urn:a:b:n", `2`, false}, {"urn:a:b:true", `true`, true}, {"urn:a:b:true", `false`, false}, {"urn:a:b:true", `"true"`, false},
		{"urn:a:b:d", `"2024-02-03T05:05:06+01:00"`, true}, {"urn:a:b:d", `"2024-02-03T05:05:06Z"`, false},
		{"urn:a:b:o", `"a"`, true}, {"urn:a:b:o.value", `"a"`, true}, {"urn:a:b:o.p", `"q"`, true}, {"urn:a:b:o.p", `"a"`, false}, {"urn:a:b:o", `"q"`, false},
	} {
		looked := record.Lookup(scim.User, scim.MustPath(row.path), row.literal)
		if found := slices.ContainsFunc(looked, func(term string) bool { return slices.Contains(terms, term) }); found != row.found {
			t.Errorf("%s eq %s: found %v", row.path, row.literal, found)
		}
		for _, term := range record.Lookup(scim.Group, scim.MustPath(row.path), row.literal) {
			if slices.Contains(terms, term) {
				t.Errorf("%s eq %s finds the user among the groups", row.path, row.literal)
			}
		}
	}
	if looked := record.Lookup(scim.User, scim.MustPath("title"), "null"); len(looked) > 0 {
		t.Errorf("null has the terms %q, although resources without a value have none", looked)
	}
}

// Attributes without a term for each value are not searchable: those that the server manages, lists
// of the core schemas, and those that have terms of another kind.
func TestSearchable(t *testing.T) {
	for path, want := range map[string]bool{
		"title": true, "displayName": true, "name.middleName": true, scim.EnterpriseURN + ":manager.value": true, "urn:a:b:c": true, scim.EnterpriseURN + ":other": true,
		"userName": false, "externalId": false, "emails.value": false, "emails": false, "phoneNumbers.value": false, "addresses.street": false, "id": false, "meta.created": false, "schemas": false,
		"groups.value": false, "password": false, "unheardOf": false, scim.EnterpriseURN + ":manager.displayName": false, scim.EnterpriseURN: false,
	} {
		if got := record.Searchable(scim.User, scim.MustPath(path)); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	for path, want := range map[string]bool{"displayName": false, "externalId": false, "members.value": false, "urn:a:b:c": true} {
		if got := record.Searchable(scim.Group, scim.MustPath(path)); got != want {
			t.Errorf("group %s: %v", path, got)
		}
	}
}

// A record with more values than terms is a candidate of every look-up, and every record fits into
// the store, however long and many its names and values are.
func TestIndexingFits(t *testing.T) {
	long := strings.Repeat("\x00", 5000)
	many := make([]string, 3000)
	for i := range many {
		many[i] = fmt.Sprintf(`"a%d":"%d"`, i, i)
	}
	var names []string
	for i := range record.MaxTerms {
		names = append(names, record.Term(scim.User, scim.MustPath("externalId"), fmt.Sprint(i)))
	}
	urn := "urn:" + strings.Repeat("x", 5000)
	for what, rec := range map[string]record.Record{
		"many attributes": recordOf(document.Must(`{"urn:a:b":{` + strings.Join(many, ",") + `}}`)),
		"a long list":     recordOf(document.Must(`{"urn:a:b":{"c":[` + strings.Repeat(`{"x":1,"y":2},`, 2000) + `7]}}`)),
		"long texts":      recordOf(document.Must(`{"title":` + document.Quote(long) + `,"urn:a:b":{"c":` + document.Quote(strings.ToUpper(long)) + `}}`)),
		"long names":      recordOf(document.Must(`{"` + urn + `":{"c":"x"}}`)),
		"no type":         {Overrides: recordOf(document.Must(`{"urn:a:b":{` + strings.Join(many[:200], ",") + `}}`)).Overrides},
	} {
		terms := rec.Indexing(names)
		if _, err := store.Prepare("u1", store.Record{Terms: terms}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		for path, literal := range map[string]string{"urn:a:b:a7": `"7"`, "urn:a:b:c": `7`, "title": document.Quote(long), urn + ":c": `"x"`} {
			looked := record.Lookup(scim.User, scim.MustPath(path), literal)
			if err := store.CheckTerms(looked...); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			kept, err := scim.ParsePath(path)
			if err != nil {
				t.Fatal(err)
			}
			matches := schemas().Match(scim.Compare{Attr: kept.AttrPath, Op: scim.Eq, Value: literal}, scim.User, rec.Values("u1", record.Selecting(nil)))
			if found := slices.ContainsFunc(looked, func(term string) bool { return slices.Contains(terms, term) }); matches && !found {
				t.Errorf("%s: %.40s is missed", what, path)
			}
		}
	}
}

// Terms of another kind stay, former terms of kept values go, and a pending record has none.
func TestIndexingReplacesTerms(t *testing.T) {
	name := record.Term(scim.User, scim.MustPath("userName"), "ada")
	first := recordOf(document.Must(`{"title":"old"}`)).Indexing([]string{name})
	if len(first) != 2 || !slices.Contains(first, name) {
		t.Errorf("%q", first)
	}
	second := recordOf(document.Must(`{"title":"new"}`)).Indexing(first)
	if len(second) != 2 || !slices.Contains(second, name) || slices.Equal(first, second) {
		t.Errorf("%q becomes %q", first, second)
	}
	pending := recordOf(document.Must(`{"title":"new"}`))
	pending.Pending = &record.Pending{}
	if terms := pending.Indexing(nil); len(terms) > 0 {
		t.Errorf("a pending create has the terms %q", terms)
	}
	shown := recordOf(document.Must(`{"title":"new"}`))
	shown.Overrides[0].Observed = `"other"`
	if terms := shown.Indexing(nil); len(terms) > 0 {
		t.Errorf("a value that Keycloak shows has the terms %q", terms)
	}
}
