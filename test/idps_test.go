package test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/userprofile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/corpus"
	"keycloak-scim-proxy/test/kctest"
)

var every = flag.Bool("every", false, "play every case of the corpus for a group tenant, and behind the shim")

var report = flag.String("report", "", "play the corpus natively too, and write the table into this file")

// The users and groups that exist before each case, and the ids that stand for them in the corpus.
var (
	placeholders = map[string]string{
		"U1": "11111111-1111-4111-8111-111111111111", "U2": "22222222-2222-4222-8222-222222222222", "U3": "33333333-3333-4333-8333-333333333333",
		"M4": "44444444-4444-4444-8444-444444444444", "M5": "55555555-5555-4555-8555-555555555555",
		"A": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "B": "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb",
	}
	standing = map[string]string{
		"M4": `{"userName":"boss@example.com","active":true}`,
		"M5": `{"userName":"otherboss@example.com","active":true}`,
		"U1": `{"userName":"ada@example.com","externalId":"ext-ada","displayName":"Ada Byron","title":"Countess","active":true,"name":{"givenName":"Ada","familyName":"Byron"},
			"emails":[{"value":"ada@example.com","type":"work","primary":true}],
			"phoneNumbers":[{"value":"555-0199","type":"work"},{"value":"tel:+1-555-555-0100","type":"mobile"}],
			"` + scim.EnterpriseURN + `":{"department":"Analysis","manager":{"value":"44444444-4444-4444-8444-444444444444"}}}`,
		"U2": `{"userName":"grace@example.com","active":true,"name":{"givenName":"Grace","familyName":"Hopper"}}`,
		"U3": `{"userName":"edsger@example.com","active":true,"name":{"givenName":"Edsger","familyName":"Dijkstra"}}`,
		"A":  `{"displayName":"Engineering","members":["U2","U3"]}`,
		"B":  `{"displayName":"Other"}`,
	}
)

// TestCorpus plays every shape that an identity provider sends through the running proxy, by a
// tenant with that provider's dialect, and holds what GET and the Admin API show afterwards against
// what the provider meant. With -report it plays the same natively.
func TestCorpus(t *testing.T) { runCorpus(t, behind(t)) }

// TestCorpusOfAGroupTenant plays it with tenants that are confined to a group: every third form of
// request that is left after the dialects, once, or all cases with -every, which takes ten minutes
// and is a part of `make matrix`. Queries of such a tenant cost Keycloak more than 0.1 s.
func TestCorpusOfAGroupTenant(t *testing.T) { runCorpus(t, confinedWorld(t)) }

func runCorpus(t *testing.T, w *world) {
	t.Helper()
	cases, err := corpus.Load("../adapters/testdata")
	if err != nil {
		t.Fatal(err)
	}
	byIDP, forms := map[string][]corpus.Case{}, map[string]bool{}
	for _, c := range cases {
		form := c.Form()
		if w.group == nil && len(w.rules) == 0 || *every || !forms[form] && len(forms)%3 == 0 {
			byIDP[c.IDP] = append(byIDP[c.IDP], c)
		}
		forms[form] = true
	}
	for idp := range byIDP {
		if !adapters.Known(idp) {
			t.Errorf("%s has a corpus and no dialect", idp)
		}
	}
	k := w.realm.Server // providers send users without a last name
	admin, err := onboarding.Login(t.Context(), k.URL, onboarding.Administrator{User: k.AdminUser, Password: k.AdminPassword}, nil)
	if err == nil {
		err = userprofile.Change(t.Context(), admin, w.realm.Name, userprofile.Profile.Relaxed)
	}
	if err != nil {
		t.Fatal(err)
	}
	tokens := t.TempDir()
	w.serveIDPs(t, tokens)
	lines := map[string][]outcome{}
	for _, idp := range adapters.Names() {
		token, err := os.ReadFile(filepath.Join(tokens, idp))
		if err != nil {
			t.Fatal(err)
		}
		ours := &stage{w: w, base: w.proxy + "/tenants/" + idp + "/scim/v2", token: string(token), setUp: w.proxy + "/realms/" + w.realm.Name + "/scim/v2", setUpToken: w.dropInToken}
		if w.group != nil { // a caller of the whole realm does not share its records
			ours.setUp, ours.setUpToken = w.proxy+"/scim/v2", w.tenantToken
		}
		native := w.realm.Server.URL + "/realms/" + w.realm.Name + "/scim/v2"
		there := &stage{w: w, base: native, token: w.dropInToken, setUp: native, setUpToken: w.dropInToken}
		for _, c := range byIDP[idp] {
			o := outcome{c: c}
			t.Run(idp+"/"+c.Name, func(t *testing.T) {
				if o.ours = ours.play(t, c); o.ours != nil {
					t.Errorf("%s\n%v", c.Intent, o.ours)
				}
			})
			if *report != "" {
				o.native = there.play(t, c)
			}
			lines[idp] = append(lines[idp], o)
		}
	}
	if *report != "" {
		writeReport(t, *report, lines)
	}
}

// outcome of a case: the first check that failed, or nil.
type outcome struct {
	c            corpus.Case
	ours, native error
}

// stage runs cases: it sends requests to base with a token, after it has created the resources
// before them at setUp with setUpToken.
type stage struct {
	w                 *world
	base, token       string
	setUp, setUpToken string
	ids               map[string]string
	crowd             []string
	pool              pool
}

func (s *stage) play(t *testing.T, c corpus.Case) error {
	t.Helper()
	s.ids, s.crowd = map[string]string{}, nil
	s.pool.refill(s.w)
	defer s.clear(t)
	s.prepare(t, c)
	w := corpus.World{IDs: s.ids, Before: map[string]scim.Resource{}, Show: s.show, Members: s.members}
	for name := range s.ids {
		if c.Compares(name) {
			w.Before[name], _, _ = s.show(name) // empty if it is not shown
		}
	}
	for _, r := range c.Requests {
		r.Target, r.Body = s.real(r.Target), s.real(r.Body)
		a, err := s.w.untouched(t, r.Method, r.Target, func() kctest.Reply { return mustAsk(t, s.base, s.token, r) })
		if err != nil {
			return err
		}
		w.Status, w.Answer = a.Status, string(a.Body)
		w.Statuses = append(w.Statuses, a.Status)
		if id := gjson.GetBytes(a.Body, "id").String(); r.Method == http.MethodPost && a.Status == http.StatusCreated {
			s.ids["created"] = id
			w.IDs = s.ids
		}
	}
	for _, line := range c.Want {
		if err := w.Check(line); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}

// real replaces the placeholders of a text by ids.
func (s *stage) real(text string) string {
	for name, id := range s.ids {
		text = strings.ReplaceAll(text, cmp.Or(placeholders[name], "{"+name+"}"), id)
	}
	list := make([]string, len(s.crowd))
	for i, id := range s.crowd {
		list[i] = `{"$ref":null,"value":` + document.Quote(id) + `}`
	}
	return strings.ReplaceAll(text, `"{crowd}"`, document.Array(list))
}

// prepare creates the standing users and groups, with the changes of the case.
func (s *stage) prepare(t *testing.T, c corpus.Case) {
	t.Helper()
	given := document.Must("{}")
	if c.Given != "" {
		given = document.Must(c.Given)
	}
	for i := range int(gjson.Get(given.String(), "crowd").Int()) {
		s.crowd = append(s.crowd, s.make(t, "/Users", fmt.Sprintf(`{"userName":"crowd-%d@example.com","active":true}`, i)))
	}
	for _, name := range slices.Sorted(maps.Keys(standing)) { // M4 before U1, because M4 is the manager of U1
		if len(name) == 2 {
			s.person(t, name, given.Raw(name))
		}
	}
	for _, name := range []string{"A", "B"} {
		s.group(t, name, given.Raw(name))
	}
}

func (s *stage) person(t *testing.T, name, change string) {
	t.Helper()
	if change == "null" {
		return
	}
	if change == "" && s.w.group != nil && name != "U1" { // U1 has attributes that the proxy keeps
		s.ids[name] = s.pool.user(s.w, standing[name])
		return
	}
	r := changed(standing[name], change)
	if only := r.Raw("only"); only != "" {
		r = document.Must(only).With("active", "true")
	}
	s.ids[name] = s.make(t, "/Users", s.real(r.With("schemas", `["`+scim.UserURN+`","`+scim.EnterpriseURN+`"]`).String()))
}

func (s *stage) group(t *testing.T, name, change string) {
	t.Helper()
	if change == "null" {
		return
	}
	r := changed(standing[name], change)
	var members []string
	if err := json.Unmarshal([]byte(cmp.Or(r.Raw("members"), "[]")), &members); err != nil {
		t.Fatal(err)
	}
	id := s.make(t, "/Groups", r.Without("members").With("schemas", `["`+scim.GroupURN+`"]`).String())
	s.ids[name] = id
	for i, m := range members {
		members[i] = s.ids[m]
	}
	if name == "A" {
		members = append(members, s.crowd...)
	}
	for _, m := range members {
		if a := s.w.realm.Admin("PUT", "/users/"+m+"/groups/"+id, ""); a.Status != http.StatusNoContent {
			t.Fatalf("joining: %d %s", a.Status, a.Body)
		}
	}
}

func changed(text, change string) scim.Resource {
	r := document.Must(text)
	if change == "" {
		return r
	}
	c := document.Must(change)
	for _, n := range c.Names() {
		r = r.With(n, c.Raw(n))
	}
	return r
}
