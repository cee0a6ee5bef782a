package listing_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Negations that the directory below does not support are evaluated here: the directory below would
// lose resources.
func TestNegationsAreNotPushedDown(t *testing.T) {
	s := build(wide)
	s.fill(t, 40)
	s.groups(t)
	for _, text := range []string{
		`not (externalId eq "E3")`, `externalId ne "E3"`, `not (externalId pr)`, `not (externalId co "1")`,
		`not (groups.value eq "G")`, `groups.value ne "G"`, `not (groups.value eq "none")`,
		`active eq true and not (externalId eq "E3")`, `userName sw "user" and groups.value ne "G"`,
		`not (not (groups.value ne "G"))`, `not (active eq true and externalId eq "E3")`, `not (userName eq "user001" or groups.value eq "G")`,
		`externalId eq null`, `not (externalId eq null)`, `groups.value sw "group"`,
	} {
		s.decides(t, text)
	}
}

// TestRandomNegations compares filters on attributes that are supported without negation, or with
// "eq" only, with an oracle.
func TestRandomNegations(t *testing.T) {
	s := build(wide)
	s.fill(t, 40)
	s.groups(t)
	rng := rand.New(rand.NewPCG(3, 4))
	pick := func(texts ...string) string { return texts[rng.IntN(len(texts))] }
	var term func(depth int) string
	term = func(depth int) string {
		if depth > 0 && rng.IntN(3) > 0 {
			return pick("not ("+term(depth-1)+")", "("+term(depth-1)+") and ("+term(depth-1)+")", "("+term(depth-1)+") or ("+term(depth-1)+")")
		}
		return pick(`externalId `+pick("eq", "ne", "co", "sw")+` "E`+pick("", "1", "3")+`"`, `externalId pr`, `groups.value `+pick("eq", "ne")+` "G"`, `active eq true`)
	}
	for range 200 {
		s.decides(t, term(3))
	}
}

// Filters that the directory below does not accept are evaluated here.
func TestFiltersBeyondTheLimitsAreNotPushedDown(t *testing.T) {
	s := build(wide)
	if l := s.Capabilities().FilterLimits; l != (directory.FilterLimits{}) {
		t.Errorf("%+v are stated, but every filter is accepted", l)
	}
	s.fill(t, 40)
	s.groups(t)
	terms := make([]string, 100)
	for i := range terms {
		terms[i] = fmt.Sprintf(`userName eq "user%03d"`, i)
	}
	s.decides(t, strings.Join(terms, " or "))
	s.decides(t, `active eq true and (`+strings.Join(terms, " or ")+`)`)
	s.decides(t, `active eq true and `+strings.Repeat("not (", 12)+`userName eq "user001"`+strings.Repeat(")", 12))
	s.decides(t, strings.Repeat("not (", 11)+`userName sw "user00"`+strings.Repeat(")", 11))
	s.decides(t, `emails.value eq "`+strings.Repeat("x", 2000)+`"`)
}

// If the directory below has more matches than one page, they are not used as candidates.
func TestCandidatesOfOnePageAreNotAll(t *testing.T) {
	able := directorytest.KeycloakCapabilities()
	able.MaxPage = 3
	below := directorytest.NewMemory(able)
	for i := range 5 {
		user := fmt.Sprintf(`{"userName":"user%d","emails":[{"value":"all@x.test","primary":true}]}`, i)
		if _, err := below.Create(t.Context(), scim.User, document.Must(user)); err != nil {
			t.Fatal(err)
		}
	}
	empty := func(context.Context, scim.ResourceType, scim.AttrPath, string) (listing.Found, error) {
		return listing.Found{Known: true}, nil
	}
	d := listing.New(below, listing.Options{Find: empty, Schemas: scim.CoreSchemas(), Limits: wide})
	filter := scim.Equal(scim.AttrPath{Name: "emails", Sub: "value"}, "all@x.test")
	p, err := d.List(t.Context(), directory.Query{Type: scim.User, Filter: filter, Start: 1, Count: 9})
	if err != nil || p.Total != 5 || len(p.Resources) != 5 {
		t.Errorf("%v, %d of %d users, want 5", err, len(p.Resources), p.Total)
	}
}

// growing is a directory that creates a user that sorts first after each page.
type growing struct {
	directory.Directory
	pages int
}

func (g *growing) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	p, err := g.Directory.List(ctx, q)
	if g.pages++; err == nil && q.Count > 0 {
		_, err = g.Create(ctx, scim.User, document.Must(fmt.Sprintf(`{"userName":"first%d"}`, g.pages)))
	}
	return p, err
}

// If a user moves to the next page during the reads, the result has the user only once.
func TestStitchedPagesHaveNoDoubles(t *testing.T) {
	able := directorytest.KeycloakCapabilities()
	able.MaxPage = 3
	below := directorytest.NewMemory(able)
	for i := range 9 {
		if _, err := below.Create(t.Context(), scim.User, document.Must(fmt.Sprintf(`{"userName":"user%d"}`, i))); err != nil {
			t.Fatal(err)
		}
	}
	limits := wide
	limits.InFlight = 1
	d := listing.New(&growing{Directory: below}, listing.Options{Find: unindexed, Schemas: scim.CoreSchemas(), Limits: limits})
	p, err := d.List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 9})
	if err != nil {
		t.Fatal(err)
	}
	got := ids(p)
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != len(p.Resources) || n < 6 {
		t.Errorf("%d resources, %d different ones", len(p.Resources), n)
	}
}

func unindexed(context.Context, scim.ResourceType, scim.AttrPath, string) (listing.Found, error) {
	return listing.Found{}, nil
}

// A walk by cursor, which does not count first, looks at no more resources than a scan.
func TestCursorWalkIsBounded(t *testing.T) {
	for users, want := range map[int]string{50: "", 51: "tooMany"} {
		s := build(listing.Limits{Scan: 50, Page: 500, Bytes: 8 << 20, InFlight: 4})
		s.fill(t, users)
		nobody := scim.Equal(scim.AttrPath{Name: "nickName"}, "nobody")
		_, err := s.List(t.Context(), directory.Query{Type: scim.User, Filter: nobody, Count: 10, Cursor: new("")})
		if (err == nil) != (want == "") || err != nil && scim.AsError(err).Type != want {
			t.Errorf("%d users: %v, want %q", users, err, want)
		}
	}
}

// groups creates a group of every third user. "G" stands for its id in the filters of decides.
func (s *fixture) groups(t *testing.T) {
	t.Helper()
	g, err := s.below.Create(t.Context(), scim.Group, document.Must(`{"displayName":"G"}`))
	if err != nil {
		t.Fatal(err)
	}
	s.group = scim.Ref{Type: scim.Group, ID: g.ID()}
	var members []string
	for i, r := range s.users(t) {
		if i%3 == 0 {
			members = append(members, r.ID())
		}
	}
	if err := s.below.ChangeMembers(t.Context(), s.group, directory.MemberChange{Add: members}); err != nil {
		t.Fatal(err)
	}
}

// users returns all users with their groups.
func (s *fixture) users(t *testing.T) []scim.Resource {
	t.Helper()
	p, err := s.below.List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 100})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range p.Resources {
		narrow, err := s.below.Get(t.Context(), scim.Ref{Type: scim.User, ID: r.ID()}, directory.Fields{Only: []string{"groups"}})
		if err != nil {
			t.Fatal(err)
		}
		p.Resources[i] = r.With("groups", narrow.Raw("groups"))
	}
	return p.Resources
}

// decides compares the result of a filter with an oracle that evaluates it on every user.
func (s *fixture) decides(t *testing.T, text string) {
	t.Helper()
	f, err := scim.ParseFilter(strings.ReplaceAll(text, `"G"`, document.Quote(s.group.ID)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.List(t.Context(), directory.Query{Type: scim.User, Filter: f, Start: 1, Count: 100})
	if err != nil {
		t.Fatalf("%.200s: %v", text, err)
	}
	var want []string
	for _, r := range s.users(t) {
		if scim.CoreSchemas().Match(f, scim.User, r) {
			want = append(want, r.ID())
		}
	}
	got := ids(p)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || p.Total != len(want) {
		t.Errorf("%.200s: %d (total %d), want %d", text, len(got), p.Total, len(want))
	}
}
