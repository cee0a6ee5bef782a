package checklist_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/checklist"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operating/operatingtest"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store/storetest"
)

const (
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	department = enterprise + ":department"
)

var required = []checklist.Required{{Path: department, Lives: "store", Kept: true}, {Path: "title", Lives: "store", Kept: true}, {Path: "emails", Lives: "Keycloak"}}

// body is a user with parts of its own.
func body(name string, more string) scim.Resource {
	return document.Must(fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"active":true%s}`, name, more))
}

const whole = `,"title":"Dr","emails":[{"value":"a@x.example","primary":true}],"` + enterprise + `":{"department":"Sales"}`

// entries are those of the tenant of a world.
func entries(t *testing.T, w *operatingtest.World) (ours []journal.Entry) {
	t.Helper()
	if err := w.Journal.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := w.Journal.Find(t.Context(), journal.Query{Most: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Tenant == "acme" && e.Operator == "" && !e.IsAction() {
			ours = append(ours, e)
		}
	}
	return ours
}

// of are the lines after some entries.
func of(in checklist.Input, idp string, all ...journal.Entry) []checklist.Line {
	s := checklist.NewSeen(idp, in.Required)
	for _, e := range all {
		s.Add(e)
	}
	return s.Lines(in)
}

// lines reads the journal of a world as a page does.
func lines(t *testing.T, w *operatingtest.World) []checklist.Line {
	t.Helper()
	return read(t, w, &checklist.Reader{Log: w.Journal, Tenant: "acme", IDP: "entra"})
}

func read(t *testing.T, w *operatingtest.World, r *checklist.Reader) []checklist.Line {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := w.Journal.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	seen, more, err := r.Read(ctx, required)
	if err != nil || more {
		t.Fatal(more, err)
	}
	return seen.Lines(checklist.Input{Required: required})
}

// states has the lines that are not open.
func states(all []checklist.Line) string {
	var said []string
	for _, l := range all {
		if l.State != checklist.Open {
			said = append(said, l.ID+" "+string(l.State))
		}
	}
	return strings.Join(said, ", ")
}

func line(t *testing.T, all []checklist.Line, id string) checklist.Line {
	t.Helper()
	i := slices.IndexFunc(all, func(l checklist.Line) bool { return l.ID == id })
	if i < 0 {
		t.Fatalf("no line %s", id)
	}
	return all[i]
}

// A provider that does everything turns all lines green, step by step.
func TestProvider(t *testing.T) {
	w := operatingtest.New(t, true)
	is := func(want string) {
		t.Helper()
		if got := states(lines(t, w)); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	is("")
	u := w.Create(scim.User, body("ada", whole).String())
	attributes := ", attribute:" + department + " green, attribute:title green, attribute:emails green"
	is("connect green, create green" + attributes)
	w.Patch(u, operatingtest.Op(scim.ReplaceAll, "title", `"Prof"`))
	is("connect green, create green, update green" + attributes)
	g := w.Create(scim.Group, `{"displayName":"g"}`)
	is("connect green, create green, update green, group green" + attributes)
	w.Patch(g, operatingtest.Op(scim.Add, "members", `[{"value":"`+u.ID+`"}]`))
	is("connect green, create green, update green, group green, members green" + attributes)
	w.Patch(u, operatingtest.Op(scim.ReplaceAll, "active", "false"))
	is("connect green, create green, update green, group green, members green, deactivate green" + attributes)
	w.Patch(u, operatingtest.Op(scim.ReplaceAll, "active", "true"))
	is("connect green, create green, update green, group green, members green, deactivate green, reactivate green" + attributes)

	in := checklist.Input{Required: required, Matched: time.Unix(1, 0)}
	if all := of(in, "", entries(t, w)...); !checklist.Finished(all) || line(t, all, checklist.Match).State != checklist.Green {
		t.Error(states(all))
	}
	in.Matched = time.Time{}
	if checklist.Finished(of(in, "", entries(t, w)...)) {
		t.Error("finished without a look-up")
	}
	for _, l := range of(in, "", entries(t, w)...) {
		if l.State == checklist.Green && (l.At.IsZero() || l.Request == "" || l.Reason != "" || l.Problem != nil) {
			t.Errorf("%+v", l)
		}
	}
}

// A user without a department makes that line red, and no other; sending it later makes it green.
func TestMissingAttribute(t *testing.T) {
	for name, without := range map[string]string{
		"absent": `,"title":"Dr","emails":[{"value":"a@x.example"}]`,
		"empty":  `,"title":"Dr","emails":[{"value":"a@x.example"}],"` + enterprise + `":{"department":""}`,
		"blank":  `,"title":"Dr","emails":[{"value":"a@x.example"}],"` + enterprise + `":{"department":"  "}`,
		"null":   `,"title":"Dr","emails":[{"value":"a@x.example"}],"` + enterprise + `":{"department":null,"costCenter":"1"}`,
	} {
		w := operatingtest.New(t, true)
		u := w.Create(scim.User, body("ada", without).String())
		all := lines(t, w)
		want := "connect green, create green, attribute:" + department + " red, attribute:title green, attribute:emails green"
		if got := states(all); got != want {
			t.Errorf("%s: %s", name, got)
		}
		red := line(t, all, checklist.AttributePrefix+department)
		if red.Request == "" || !strings.Contains(red.Reason, department) || !strings.Contains(red.Change, "Mappings") || red.Lives != "store" || red.At.IsZero() {
			t.Errorf("%s: %+v", name, red)
		}
		w.Patch(u, operatingtest.Op(scim.Add, department, `"Sales"`))
		if l := line(t, lines(t, w), checklist.AttributePrefix+department); l.State != checklist.Green || l.Problem != nil {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

// Without values the names of attributes tell what they can.
func TestWithoutValues(t *testing.T) {
	w := operatingtest.New(t, false)
	u := w.Create(scim.User, body("ada", `,"title":"Dr","emails":[{"value":"a@x.example"}]`).String())
	all := lines(t, w)
	if got := states(all); got != "connect green, create green, attribute:"+department+" red, attribute:title green" {
		t.Error(got)
	}
	if l := line(t, all, "attribute:emails"); l.State != checklist.Open || !strings.Contains(l.Reason, "journal.values") {
		t.Errorf("%+v", l)
	}
	w.Patch(u, operatingtest.Op(scim.ReplaceAll, "active", "false"))
	if got := states(lines(t, w)); !strings.Contains(got, "deactivate green") || strings.Contains(got, "reactivate") || strings.Contains(got, "update") {
		t.Error(got)
	}
	w.Patch(u, operatingtest.Op(scim.ReplaceAll, "active", "true"))
	w.Patch(u, operatingtest.Op(scim.ReplaceAll, "emails", `[{"value":"b@x.example","primary":true}]`))
	g := w.Create(scim.Group, `{"displayName":"g","members":[{"value":"`+u.ID+`"}]}`)
	if got := states(lines(t, w)); got != "connect green, create green, update green, group green, members green, deactivate green, reactivate green, attribute:"+department+" red, attribute:title green, attribute:emails green" {
		t.Error(got)
	}
	w.Do(protocol.Delete{Ref: g})
	w.Do(protocol.Delete{Ref: u})
}

// A delete is a way to deactivate.
func TestDelete(t *testing.T) {
	w := operatingtest.New(t, true)
	w.Do(protocol.Delete{Ref: w.Create(scim.User, body("ada", whole).String())})
	if got := states(lines(t, w)); !strings.Contains(got, "deactivate green") || strings.Contains(got, "reactivate") {
		t.Error(got)
	}
}

// Failures have reasons in words, and what to change. They concern one line.
func TestFailures(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	refused := func(verb string, kind scim.ResourceType, status int, reason string) journal.Entry {
		return journal.Entry{ID: "x", Begun: at, Request: "R1", Who: journal.Who{Tenant: "acme"}, Verb: verb, Type: kind, State: journal.Refused, Status: status, Reason: reason}
	}
	for _, c := range []struct {
		name   string
		e      journal.Entry
		states string
		line   string
		reason string
		change string
	}{
		{"expired", refused("post", scim.User, 401, "the token has expired"), "connect red", "connect", "the token has expired", "Secret Token"},
		{"revoked, at a read", refused("get", scim.User, 401, "the token is revoked"), "connect red", "connect", "revoked", "new token"},
		{"network", refused("post", scim.User, 401, "the client's address is in none of allowedNetworks"), "connect red", "connect", "address that is not allowed", "from which addresses"},
		{"taken", refused("create", scim.User, 409, "uniqueness"), "connect green, create red", "create", "(409): uniqueness", "matching attribute to userName"},
		{"value", refused("create", scim.User, 400, "invalidValue"), "connect green, create red", "create", "invalidValue", "Correct the value"},
		{"value, in words", refused("patch", scim.User, 400, "emails: is not an address"), "connect green, update red", "update", "a change of a user was refused, because something in it is wrong (400): emails: is not an address", "Correct the value"},
		{"path", refused("patch", scim.User, 400, "invalidPath"), "connect green, update red", "update", "invalidPath", "name of the target attribute"},
		{"mutability", refused("patch", scim.User, 400, "mutability"), "connect green, update red", "update", "", "cannot be set"},
		{"syntax", refused("create", scim.Group, 400, "invalidSyntax"), "connect green, group red", "group", "", "SCIM 2.0"},
		{"gone", refused("patch", scim.User, 404, ""), "connect green, update red", "update", "does not exist", "Restart"},
		{"members", refused("patch", scim.Group, 404, ""), "connect green, members red", "members", "a change of a group", ""},
		{"delete", refused("delete", scim.User, 403, ""), "connect green, deactivate red", "deactivate", "a delete of a user", ""},
		{"inside", journal.Entry{Begun: at, Verb: "create", Type: scim.User, State: journal.Failed, Status: 502, Reason: "http://keycloak.internal:8080 says no"}, "connect green, create red", "create", "inside the service (502)", "nothing to change"},
		{"partly", journal.Entry{Begun: at, Verb: "create", Type: scim.Group, State: journal.Partly, Status: 500, Reason: "secret"}, "connect green, group red", "group", "in part only", "operator"},
		{"too large", refused("patch", scim.Group, 413, ""), "connect green, members red", "members", "too large", "fewer"},
		{"unread", refused("post", scim.User, 400, "invalidSyntax"), "connect green, create red", "create", "", ""},
		{"held", refused("patch", scim.User, 429, "The tenant acme is being set up: the User 1 is not one"), "connect green", "update", "is held (429): The tenant acme", ""},
	} {
		all := of(checklist.Input{}, "entra", c.e)
		if got := states(all); got != c.states {
			t.Errorf("%s: %s", c.name, got)
		}
		l := line(t, all, c.line)
		if !strings.Contains(l.Reason, c.reason) || !strings.Contains(l.Change, c.change) || l.State == checklist.Red && (l.Request != c.e.Request || !l.At.Equal(at)) {
			t.Errorf("%s: %+v", c.name, l)
		}
		if c.e.Status >= 500 && (strings.Contains(l.Reason, "keycloak.internal") || strings.Contains(l.Reason, "secret")) {
			t.Errorf("%s: an internal text is shown: %s", c.name, l.Reason)
		}
	}
	if all := of(checklist.Input{}, "", journal.Entry{Begun: at, Verb: "create", Type: scim.User, State: journal.Open}); states(all) != "connect green" {
		t.Error(states(all))
	}
}

// A later success turns a red line green; a failure after that is shown beside it.
func TestOrder(t *testing.T) {
	w := operatingtest.New(t, true)
	w.Create(scim.User, body("ada", whole).String())
	good := entries(t, w)[0]
	bad := journal.Entry{ID: "0", Begun: good.Begun.Add(-time.Hour), Request: "R0", Verb: "create", Type: scim.User, State: journal.Refused, Status: 409}
	create := func(all ...journal.Entry) checklist.Line {
		slices.Reverse(all) // the order in which entries are read does not matter
		backwards := line(t, of(checklist.Input{}, "", all...), checklist.Create)
		slices.Reverse(all)
		l := line(t, of(checklist.Input{}, "", all...), checklist.Create)
		if !reflect.DeepEqual(l, backwards) {
			t.Errorf("%+v, backwards %+v", l, backwards)
		}
		return l
	}
	if l := create(bad); l.State != checklist.Red || l.Request != "R0" {
		t.Errorf("%+v", l)
	}
	if l := create(bad, good); l.State != checklist.Green || l.Problem != nil || l.Request != good.Request {
		t.Errorf("%+v", l)
	}
	bad.Begun = good.Begun.Add(time.Hour)
	if l := create(good, bad); l.State != checklist.Green || l.Problem == nil || l.Problem.Request != "R0" || !l.At.Equal(good.Begun) {
		t.Errorf("%+v", l)
	}
}

// Waived lines are neither open nor red. A line that is proven stays green.
func TestWaived(t *testing.T) {
	w := operatingtest.New(t, true)
	w.Create(scim.User, body("ada", "").String())
	waived := map[string]checklist.Waiver{}
	for _, id := range checklist.Lines(required) {
		waived[id] = checklist.Waiver{Reason: "not needed", At: time.Unix(5, 0)}
	}
	all := of(checklist.Input{Required: required, Waived: waived}, "", entries(t, w)...)
	if !checklist.Finished(all) || line(t, all, "create").State != checklist.Green || line(t, all, checklist.AttributePrefix+department).State != checklist.Waived {
		t.Error(states(all))
	}
}

// Hostile texts are cut, and no entry of the same journal that is another's counts.
func TestStrangers(t *testing.T) {
	w := operatingtest.New(t, true)
	w.Journal.Refuse(journal.Entry{Who: journal.Who{Tenant: "globex"}, Verb: "create", Type: scim.User, Status: 409})
	w.Journal.Refuse(journal.Entry{Who: journal.Who{Tenant: "acme", Operator: "eva"}, Verb: "create", Type: scim.User, Status: 409})
	if err := w.Journal.Note(t.Context(), &journal.Entry{Who: journal.Who{Tenant: "acme"}, Verb: string(journal.Waived)}); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, w); states(got) != "" {
		t.Error(states(got))
	}
	w.Journal.Refuse(journal.Entry{Who: journal.Who{Tenant: "acme"}, Verb: "create", Type: scim.User, Status: 400, Reason: strings.Repeat("x", 10_000)})
	if l := line(t, lines(t, w), "create"); l.State != checklist.Red || len(l.Reason) > 500 {
		t.Errorf("%d", len(l.Reason))
	}
}

// A reader sees new entries, and the outcomes of those that it has seen open.
func TestReader(t *testing.T) {
	w := operatingtest.New(t, true)
	r := &checklist.Reader{Log: w.Journal, Tenant: "acme"}
	open := journal.Entry{Who: journal.Who{Tenant: "acme"}, Verb: "delete", Type: scim.User}
	if err := w.Journal.Begin(t.Context(), &open); err != nil {
		t.Fatal(err)
	}
	if got := states(read(t, w, r)); got != "connect green" {
		t.Error(got)
	}
	for range 200 { // the clock moves with each look, far beyond what is read again
		w.Now()
	}
	u := w.Create(scim.User, body("u", "").String())
	if got := states(read(t, w, r)); !strings.HasPrefix(got, "connect green, create green, attribute:") {
		t.Error(got)
	}
	w.Patch(u, operatingtest.Op(scim.ReplaceAll, "title", `"Prof"`))
	if got := states(read(t, w, r)); !strings.HasPrefix(got, "connect green, create green, update green, attribute:") {
		t.Error(got)
	}
	open.State, open.Target = journal.Done, "u"
	if err := w.Journal.Settle(t.Context(), &open); err != nil {
		t.Fatal(err)
	}
	if l := line(t, read(t, w, r), checklist.Deactivate); l.State != checklist.Green || !l.At.Equal(open.Begun) {
		t.Errorf("%+v", l)
	}
	for _, other := range [][]checklist.Required{nil, {{Path: "title"}}} { // begins anew
		seen, _, err := r.Read(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		if got := states(seen.Lines(checklist.Input{Required: other})); !strings.HasPrefix(got, "connect green, create green, update green, deactivate green") || strings.Contains(got, "title green") != (len(other) > 0) {
			t.Error(got)
		}
	}
}

// A line stays green after any number of held writes.
func TestManyHeld(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	clock := func() time.Time { now = now.Add(time.Millisecond); return now }
	log := journal.New(journal.Options{Space: storetest.NewMemory().Open("journal.r"), Writer: &journal.Writer{}, Keep: time.Hour, Most: 100_000, Now: clock, NewID: rand.Text})
	entry := func(e journal.Entry) {
		t.Helper()
		e.Who, e.Type = journal.Who{Tenant: "acme"}, scim.User
		state := e.State
		if err := log.Begin(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		e.State = state
		if err := log.Settle(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
	}
	lines := func(r *checklist.Reader) []checklist.Line {
		t.Helper()
		seen, more, err := r.Read(t.Context(), nil)
		if err != nil || more {
			t.Fatal(more, err)
		}
		return seen.Lines(checklist.Input{})
	}
	entry(journal.Entry{Verb: "create", Target: "1", State: journal.Done})
	r := &checklist.Reader{Log: log, Tenant: "acme"}
	before := states(lines(r))
	for range 6000 {
		entry(journal.Entry{Verb: "patch", State: journal.Refused, Status: 429, Reason: "wait"})
	}
	for name, one := range map[string]*checklist.Reader{"goes on": r, "begins": {Log: log, Tenant: "acme"}} {
		got := lines(one)
		if states(got) != before || before != "connect green, create green" || !strings.Contains(line(t, got, checklist.Update).Reason, "is held") {
			t.Errorf("%s: %s, it was %s", name, states(got), before)
		}
	}
}

// Entries without values that are read again turn nothing.
func TestReadAgain(t *testing.T) {
	w := operatingtest.New(t, false)
	u := w.Create(scim.User, body("ada", whole).String())
	w.Patch(u, operatingtest.Op(scim.ReplaceAll, "active", "false"))
	r := &checklist.Reader{Log: w.Journal, Tenant: "acme"}
	for range 4 {
		if got := states(read(t, w, r)); !strings.Contains(got, "deactivate green") || strings.Contains(got, "reactivate") {
			t.Error(got)
		}
	}
	w.Patch(u, operatingtest.Op(scim.ReplaceAll, "active", "true"))
	if got := states(read(t, w, r)); !strings.Contains(got, "reactivate green") {
		t.Error(got)
	}
}
