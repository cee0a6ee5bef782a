package listing_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// fixture is the layer on a directory in memory that filters only what Keycloak does, but shows
// everything. Its index has the users added to it.
type fixture struct {
	*listing.Directory
	below *directorytest.Memory
	index map[string][]string
	clock time.Time
	group scim.Ref
	// keeper is set if attributes are only in a store.
	keeper *keeper
}

func key(t scim.ResourceType, attr scim.AttrPath, text string) string {
	def, _ := scim.CoreSchemas().Lookup(t, attr)
	if !def.CaseExact {
		text = strings.ToLower(text)
	}
	return string(t) + attr.Key() + text
}

func build(limits listing.Limits) *fixture {
	able := directorytest.KeycloakCapabilities()
	for _, path := range []string{"title", "nickname", "displayname", "externalid", "phonenumbers", "timezone", "urn:example:1:user:n", strings.ToLower(scim.EnterpriseURN) + ":department"} {
		able.Placements[scim.User][path] = directory.Native // shown, but not filtered: able.Filters is unchanged
	}
	able.Filters[scim.User]["externalid"] = directory.NoNegation
	s := &fixture{below: directorytest.NewMemory(able), index: map[string][]string{}, clock: time.Unix(1e9, 0)}
	s.Directory = listing.New(s.below, listing.Options{
		Find: func(_ context.Context, t scim.ResourceType, attr scim.AttrPath, raw string) (listing.Found, error) {
			text := document.Text(raw)
			if !slices.Contains([]string{"username", "externalid", "emails.value", "displayname"}, attr.Key()) {
				return listing.Found{}, nil
			}
			return listing.Found{IDs: slices.Clone(s.index[key(t, attr, text)]), Known: true}, nil
		},
		Schemas: scim.CoreSchemas(), Limits: limits,
		Cursors: listing.Cursors{
			Key: func(context.Context) ([]byte, error) { return make([]byte, 32), nil }, Viewer: "v", Life: time.Hour, Now: func() time.Time { return s.clock },
		},
	})
	return s
}

var wide = listing.Limits{Scan: 10000, Page: 500, Bytes: 8 << 20, InFlight: 4}

func (s *fixture) put(t *testing.T, r scim.Resource) scim.Resource {
	t.Helper()
	made, err := s.below.Create(t.Context(), scim.User, r)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// fill creates n users with missing values, ties and mixed case.
func (s *fixture) fill(t *testing.T, n int) []scim.Resource {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(texts ...string) string { return texts[rng.IntN(len(texts))] }
	var all []scim.Resource
	for i := range n {
		r := document.Must(fmt.Sprintf(`{"userName":"user%03d","active":%v,"externalId":"E%d"}`, i, rng.IntN(3) > 0, i%17))
		if i%5 == 4 {
			r = r.Without("externalId")
		}
		if v := pick("", "Boss", "boss", "Clerk", "Ärztin", `a "quoted" \\ thing`); v != "" {
			r = r.With("title", document.Quote(v))
		}
		if rng.IntN(4) > 0 {
			r = r.Set(scim.MustPath("name.givenName"), document.Quote(pick("Ada", "ada", "Grace", "Zoë")))
		}
		if rng.IntN(2) > 0 {
			r = r.With("phoneNumbers", fmt.Sprintf(`[{"value":"%d","type":"work"},{"value":"x","type":"home","primary":%v}]`, rng.IntN(5), rng.IntN(2) > 0))
		}
		if rng.IntN(2) > 0 {
			r = r.Set(scim.MustPath(scim.EnterpriseURN+":department"), document.Quote(pick("Sales", "sales", "R&D")))
		}
		if rng.IntN(2) > 0 {
			r = r.Set(scim.MustPath("urn:example:1:User:n"), fmt.Sprint(rng.IntN(9)))
		}
		if rng.IntN(5) > 0 {
			r = r.With("emails", fmt.Sprintf(`[{"value":"user%d@example.com","type":"work","primary":true}]`, i))
		}
		made := s.put(t, r)
		s.index[key(scim.User, scim.AttrPath{Name: "userName"}, fmt.Sprintf("user%03d", i))] = []string{made.ID()}
		all = append(all, made)
	}
	return all
}

// random returns a valid filter; it uses every operator on every kind of attribute.
func random(rng *rand.Rand, depth int) string {
	pick := func(texts ...string) string { return texts[rng.IntN(len(texts))] }
	if depth > 0 && rng.IntN(2) == 0 {
		a, b := random(rng, depth-1), random(rng, depth-1)
		return pick("("+a+") and ("+b+")", "("+a+") or ("+b+")", "not ("+a+")", a+" and "+b, a+" or "+b)
	}
	text := pick("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le")
	equal := pick("eq", "ne")
	return pick(
		"userName "+text+` "`+pick("user005", "USER01", "user", "9", "")+`"`,
		"externalId "+text+` "`+pick("E3", "e3", "E1", "E")+`"`,
		"title "+text+` "`+pick("boss", "BOSS", "Clerk", "ärz", `\"quoted\"`)+`"`,
		"name.givenName "+text+` "`+pick("Ada", "gra", "zo\\u00eb")+`"`,
		"active "+equal+" "+pick("true", "false"),
		pick("title", "emails", "phoneNumbers.type", "externalId", "name", "urn:example:1:User:n", scim.EnterpriseURN+":department", "urn:never:seen:1:x")+" pr",
		"phoneNumbers[type "+equal+` "work" and value `+text+` "`+pick("1", "3", "x")+`"]`,
		`phoneNumbers[type eq "home"].primary eq `+pick("true", "false"),
		"emails.value "+text+` "`+pick("user7@example.com", "USER", ".com")+`"`,
		scim.EnterpriseURN+":department "+text+` "`+pick("sales", "R&D")+`"`,
		"urn:example:1:User:n "+pick("eq", "ne", "gt", "le")+" "+pick("3", "5.0", "-1"),
		"title "+equal+" null",
		"meta.created "+pick("gt", "ge", "lt")+` "`+pick("2020-01-01T00:00:00Z", "2020-01-01T00:00:00", "2999-01-01T00:00:00+02:00")+`"`,
		"urn:ietf:params:scim:schemas:core:2.0:User:userName "+text+` "user003"`,
	)
}

// TestRandomFilters compares with an oracle that evaluates the filter on every resource. Attributes
// that are not filtered below are shown there, or are only in a store.
func TestRandomFilters(t *testing.T) {
	t.Run("below", func(t *testing.T) { randomFilters(t, build(wide)) })
	t.Run("stored", func(t *testing.T) { randomFilters(t, stored(t, wide)) })
}

func randomFilters(t *testing.T, s *fixture) {
	all := s.fill(t, 40)
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for range 500 {
		text := random(rng, 3)
		f, err := scim.ParseFilter(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var want []string
		for _, r := range all {
			if scim.CoreSchemas().Match(f, scim.User, r) {
				want = append(want, r.ID())
			}
		}
		p, err := s.List(t.Context(), directory.Query{Type: scim.User, Filter: f, Start: 1, Count: 500})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got := ids(p)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || p.Total != len(want) {
			t.Errorf("%s: %d (total %d), want %d", text, len(got), p.Total, len(want))
		}
	}
}

func ids(p directory.Page) []string {
	out := []string{}
	for _, r := range p.Resources {
		out = append(out, r.ID())
	}
	return out
}

func TestRefused(t *testing.T) {
	s := build(wide)
	for text, scimType := range map[string]string{
		`favourite eq "x"`: "invalidFilter", `emails[colour eq "x"]`: "invalidFilter", `active eq "true"`: "invalidFilter", `active gt true`: "invalidFilter",
		`title eq 5`: "invalidFilter", `meta.created gt "yesterday"`: "invalidFilter", `name eq "x"`: "invalidFilter", `title gt null`: "invalidFilter",
		`password eq "x"`: "invalidFilter", `userName eq "a" or favourite pr`: "invalidFilter", `name.colour pr`: "invalidFilter",
	} {
		f, err := scim.ParseFilter(text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.List(t.Context(), directory.Query{Type: scim.User, Filter: f, Start: 1, Count: 1})
		if e := scim.AsError(err); err == nil || e.Status != 400 || e.Type != scimType {
			t.Errorf("%s: %v", text, err)
		}
	}
	if s.below.Calls() != 0 {
		t.Error("something was asked")
	}
}

func TestSort(t *testing.T) {
	t.Run("below", func(t *testing.T) { sorts(t, build(wide)) })
	t.Run("stored", func(t *testing.T) { sorts(t, stored(t, wide)) })
}

func sorts(t *testing.T, s *fixture) {
	all := s.fill(t, 60)
	for _, by := range []string{"userName", "title", "name.givenName", "active", "externalId", "emails", "phoneNumbers", "urn:example:1:User:n", "meta.created"} {
		for _, down := range []bool{false, true} {
			q := directory.Query{Type: scim.User, Start: 1, Count: 500, Sort: directory.Sort{By: scim.MustPath(by), Descending: down}}
			whole, err := s.List(t.Context(), q)
			if err != nil || len(whole.Resources) != len(all) {
				t.Fatalf("%s: %v %d", by, err, len(whole.Resources))
			}
			var pages []string
			for start := 1; start <= len(all); start += 7 {
				q.Start, q.Count = start, 7
				p, err := s.List(t.Context(), q)
				if err != nil || p.Total != len(all) {
					t.Fatal(err, p.Total)
				}
				pages = append(pages, ids(p)...)
			}
			if !slices.Equal(pages, ids(whole)) {
				t.Errorf("%s: pages do not fit together", by)
			}
			inOrder(t, whole, by, down)
		}
	}
}

// inOrder checks the order of texts with a second, simple implementation of the rules: missing
// values are last in ascending and first in descending order; case is ignored unless caseExact.
func inOrder(t *testing.T, p directory.Page, by string, down bool) {
	t.Helper()
	path := scim.MustPath(by)
	def, _ := scim.CoreSchemas().Lookup(scim.User, path)
	if def.Type != "string" {
		return
	}
	var last string
	for i, r := range p.Resources {
		text := document.Text(r.Get(path))
		if !def.CaseExact {
			text = strings.ToLower(text)
		}
		if text == "" {
			text = "\uffff"
		}
		if i > 0 && (!down && text < last || down && text > last) {
			t.Errorf("%s (down %v): %q behind %q", by, down, text, last)
		}
		last = text
	}
}

func TestCursors(t *testing.T) {
	s := build(wide)
	all := s.fill(t, 45)
	for _, text := range []string{"", `active eq true`, `title pr`} {
		q := directory.Query{Type: scim.User, Count: 10, Cursor: new("")}
		want := 0
		if text != "" {
			q.Filter, _ = scim.ParseFilter(text)
		}
		for _, r := range all {
			if q.Filter == nil || scim.CoreSchemas().Match(q.Filter, scim.User, r) {
				want++
			}
		}
		seen := map[string]bool{}
		for {
			p, err := s.List(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range ids(p) {
				if seen[id] {
					t.Errorf("%s twice", id)
				}
				seen[id] = true
			}
			if !p.Uncounted && p.Total != want {
				t.Errorf("total %d, want %d", p.Total, want)
			}
			if p.Next == "" {
				break
			}
			q.Cursor = &p.Next
		}
		if len(seen) != want {
			t.Errorf("%q: %d of %d", text, len(seen), want)
		}
	}
}

func TestCursorsAreBoundAndExpire(t *testing.T) {
	s := build(wide)
	s.fill(t, 5)
	p, err := s.List(t.Context(), directory.Query{Type: scim.User, Count: 2, Cursor: new("")})
	if err != nil || p.Next == "" {
		t.Fatal(err, p.Next)
	}
	refused := func(q directory.Query, scimType string) {
		t.Helper()
		if _, err := s.List(t.Context(), q); scim.AsError(err).Type != scimType {
			t.Errorf("%+v: %v", q, err)
		}
	}
	refused(directory.Query{Type: scim.User, Count: 2, Cursor: new("AAAA")}, "invalidCursor")
	refused(directory.Query{Type: scim.Group, Count: 2, Cursor: &p.Next}, "invalidCursor")
	refused(directory.Query{Type: scim.User, Count: 2, Cursor: &p.Next, Filter: scim.Equal(scim.AttrPath{Name: "title"}, "x")}, "invalidCursor")
	refused(directory.Query{Type: scim.User, Count: 2, Cursor: &p.Next, Sort: directory.Sort{By: scim.AttrPath{Name: "title"}}}, "invalidCursor")
	other := *s.Directory
	other.Cursors.Viewer = "somebody else"
	if _, err := other.List(t.Context(), directory.Query{Type: scim.User, Count: 2, Cursor: &p.Next}); scim.AsError(err).Type != "invalidCursor" {
		t.Error(err)
	}
	s.clock = s.clock.Add(2 * time.Hour)
	refused(directory.Query{Type: scim.User, Count: 2, Cursor: &p.Next}, "expiredCursor")
}

func TestBoundsAndCalls(t *testing.T) {
	s := build(listing.Limits{Scan: 50, Page: 500, Bytes: 8 << 20, InFlight: 4})
	s.fill(t, 60)
	f := scim.Present{Attr: scim.AttrPath{Name: "title"}}
	if _, err := s.List(t.Context(), directory.Query{Type: scim.User, Filter: f, Start: 1, Count: 10}); scim.AsError(err).Type != "tooMany" {
		t.Error(err)
	}
	count := func(what string, want int, q directory.Query) {
		t.Helper()
		before := s.below.Calls()
		q.Type, q.Start = scim.User, max(q.Start, 1)
		if _, err := s.List(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		if got := s.below.Calls() - before; got != want {
			t.Errorf("%s took %d calls, want %d", what, got, want)
		}
	}
	name := scim.AttrPath{Name: "userName"}
	count("a known name", 1, directory.Query{Filter: scim.Equal(name, "USER007"), Count: 10})
	count("an unknown name", 1, directory.Query{Filter: scim.Equal(name, "nobody"), Count: 10})
	count("a page", 1, directory.Query{Count: 10})
	count("a page from the end", 2, directory.Query{Count: 10, Sort: directory.Sort{By: name, Descending: true}})
}

func TestStaleIndexEntryIsNotShown(t *testing.T) {
	s := build(wide)
	all := s.fill(t, 3)
	name := scim.AttrPath{Name: "userName"}
	s.index[key(scim.User, name, "user001")] = []string{all[2].ID()} // wrong
	s.index[key(scim.User, name, "user002")] = []string{"gone"}
	for _, want := range all[1:] {
		p, err := s.List(t.Context(), directory.Query{Type: scim.User, Filter: scim.Equal(name, document.Text(want.Raw("userName"))), Start: 1, Count: 5})
		if err != nil || len(p.Resources) != 1 || p.Resources[0].ID() != want.ID() {
			t.Errorf("%v %+v", err, p)
		}
	}
}
