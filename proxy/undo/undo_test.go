package undo_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/operating/operatingtest"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/undo"
)

const ada = `{"userName":"Ada","name":{"givenName":"Ada","familyName":"L"},"title":"T","nickName":"<N\u0041>","phoneNumbers":[ {"value" : "1"} ]}`

var op = operatingtest.Op

func planned(t *testing.T, w *operatingtest.World, s undo.Selection) undo.Planned {
	t.Helper()
	p, err := undo.Plan(t.Context(), w.Place, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func done(t *testing.T, w *operatingtest.World, p undo.Planned) undo.Result {
	t.Helper()
	calls, _ := w.Request("undo", "")
	r, err := undo.Do(t.Context(), p, calls, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// left are the attributes of what is left alone, with the reasons.
func left(rows []undo.Row) (all []string) {
	for _, r := range rows {
		if r.Action == undo.Leave {
			all = append(all, r.Attribute+": "+r.Reason)
		}
	}
	return all
}

// inOrder is a resource with the native attributes and the members in one order: the directory in
// memory shows them in that of the last write, which is also in the version.
func inOrder(shown string) string {
	r := document.Must(shown)
	members := document.Elements(r.Raw("members"))
	slices.Sort(members)
	active := r.Raw("active")
	return r.Set(scim.AttrPath{Name: "meta", Sub: "version"}, "").With("members", "").With("active", "").String() + active + strings.Join(members, ",")
}

// Everything since a time is undone, newest first, byte for byte, and the undo can be undone.
func TestUndo(t *testing.T) {
	w := operatingtest.New(t, true)
	user, other := w.Create(scim.User, ada), w.Create(scim.User, strings.Replace(ada, "Ada", "Bob", 1))
	group := w.Create(scim.Group, `{"displayName":"G","members":[{"value":"`+user.ID+`"}]}`)
	w.Patch(group, op(scim.Add, "members", `[{"value":"`+other.ID+`"}]`))
	before := map[scim.Ref]string{user: w.Shows(user), other: w.Shows(other), group: w.Shows(group)}
	since := w.Now()
	w.Patch(user, op(scim.Remove, "title", ""), op(scim.ReplaceAll, "nickName", `"<NA>"`))
	w.Patch(user, op(scim.ReplaceAll, "userName", `"Eve"`), op(scim.ReplaceAll, "active", "false"), op(scim.Remove, "phoneNumbers", ""))
	w.Do(protocol.Replace{Ref: other, Body: document.Must(`{"phoneNumbers":[{"value":"1"}],"nickName":"x","userName":"Ada","title":"T"}`)})
	w.Patch(group, op(scim.Remove, `members[value eq "`+user.ID+`"]`, ""), op(scim.ReplaceAll, "displayName", `"H"`))
	made := w.Create(scim.User, `{"userName":"new"}`)
	w.Patch(group, op(scim.Add, "members", `[{"value":"`+made.ID+`"}]`), op(scim.Add, "members", `[{"value":"`+user.ID+`"}]`))
	w.Patch(group, op(scim.Add, "members", `[{"value":"`+user.ID+`"}]`)) // changes nothing
	changed := map[scim.Ref]string{user: w.Shows(user), other: w.Shows(other), group: w.Shows(group)}

	p := planned(t, w, undo.Selection{Since: since})
	if rows := left(p.Rows); len(rows) > 0 {
		t.Error(rows)
	}
	calls, request := w.Request("undo", "")
	if r, err := undo.Do(t.Context(), p, calls, nil); err != nil || len(r.Left) > 0 || len(r.Done) != p.Changes() {
		t.Errorf("%v %+v", err, r)
	}
	for ref, want := range before {
		if got := w.Shows(ref); inOrder(got) != inOrder(want) {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
	if w.Shows(made) != "" {
		t.Error("the new user stays")
	}
	if p := planned(t, w, undo.Selection{Since: since}); p.Changes() > 0 {
		t.Errorf("a second undo of the same changes something: %+v", p.Rows)
	}
	p = planned(t, w, undo.Selection{Request: request})
	done(t, w, p)
	for _, ref := range []scim.Ref{user, other} {
		if got := w.Shows(ref); inOrder(got) != inOrder(changed[ref]) {
			t.Errorf("the undo is not undone\n got %s\nwant %s", got, changed[ref])
		}
	}
	if rows := left(p.Rows); !slices.Equal(rows, []string{": it was deleted for good and cannot come back with its id: create it anew"}) && len(rows) != 2 {
		t.Error(rows)
	}
}

// Values that were changed meanwhile stay and are named, also if that happens after the plan was
// made.
func TestChangedMeanwhile(t *testing.T) {
	for name, late := range map[string]bool{"before the plan": false, "after the plan": true} {
		t.Run(name, func(t *testing.T) {
			w := operatingtest.New(t, true)
			user := w.Create(scim.User, ada)
			since := w.Now()
			w.Patch(user, op(scim.ReplaceAll, "title", `"U"`), op(scim.ReplaceAll, "nickName", `"M"`), op(scim.ReplaceAll, "name.givenName", `"Eve"`))
			meanwhile := func() {
				w.Console(user, "name.givenName", `"Console"`)
				calls, _ := w.Request("patch", "")
				if _, err := calls.Do(t.Context(), protocol.Patch{Ref: user, Ops: []scim.Op{op(scim.ReplaceAll, "nickName", `"Later"`)}}); err != nil {
					t.Fatal(err)
				}
			}
			until := w.Now()
			if !late {
				meanwhile()
			}
			p := planned(t, w, undo.Selection{Since: since, Until: until})
			if late {
				meanwhile()
			}
			r := done(t, w, p)
			now := document.Must(w.Shows(user))
			if now.Raw("title") != `"T"` || now.Raw("nickName") != `"Later"` || !strings.Contains(now.Raw("name"), "Console") {
				t.Error(now)
			}
			rows := append(left(p.Rows), left(r.Left)...)
			slices.Sort(rows)
			if !slices.Equal(rows, []string{"name.givenName: it was changed meanwhile", "nickName: it was changed meanwhile"}) {
				t.Error(rows)
			}
		})
	}
}

// What a newer call has done again stays, although it is what the undone call did: a user who was
// deactivated by mistake, activated, and deactivated when she left.
func TestDoneAgain(t *testing.T) {
	w := operatingtest.New(t, true)
	user := w.Create(scim.User, ada)
	group := w.Create(scim.Group, `{"displayName":"G","members":[{"value":"`+user.ID+`"}]}`)
	set := func(active string) { w.Patch(user, op(scim.ReplaceAll, "active", active)) }
	leave := func() { w.Patch(group, op(scim.Remove, `members[value eq "`+user.ID+`"]`, "")) }
	set("true")
	since := w.Now()
	set("false")
	leave()
	until := w.Now()
	set("true")
	w.Patch(group, op(scim.Add, "members", `[{"value":"`+user.ID+`"}]`))
	leave()
	set("false")
	p := planned(t, w, undo.Selection{Since: since, Until: until})
	rows := left(p.Rows)
	slices.Sort(rows)
	if p.Changes() > 0 || !slices.Equal(rows, []string{"active: it was changed meanwhile", "members: it was changed meanwhile"}) {
		t.Errorf("%+v", p.Rows)
	}
}

// A resource that was created is deleted only if it was not changed since.
func TestCreated(t *testing.T) {
	for name, change := range map[string]func(w *operatingtest.World, user scim.Ref){
		"by another call": func(w *operatingtest.World, user scim.Ref) { w.Patch(user, op(scim.ReplaceAll, "title", `"U"`)) },
		"by the console":  func(w *operatingtest.World, user scim.Ref) { w.Console(user, "name.givenName", `"U"`) },
	} {
		for _, late := range []bool{false, true} {
			w := operatingtest.New(t, true)
			since := w.Now()
			user := w.Create(scim.User, ada)
			until := w.Now()
			if !late {
				change(w, user)
			}
			p := planned(t, w, undo.Selection{Since: since, Until: until})
			if late {
				change(w, user)
			}
			r := done(t, w, p)
			if w.Shows(user) == "" || len(left(p.Rows))+len(left(r.Left)) != 1 {
				t.Errorf("changed %s, after the plan: %t: %+v %+v", name, late, p.Rows, r)
			}
		}
	}
}

// The plan names calls that cannot be undone.
func TestNotUndone(t *testing.T) {
	w := operatingtest.New(t, true)
	user := w.Create(scim.User, ada)
	group := w.Create(scim.Group, `{"displayName":"G","members":[{"value":"`+user.ID+`"}]}`)
	since := w.Now()
	w.Patch(user, op(scim.ReplaceAll, "title", `"U"`))
	w.Do(protocol.Delete{Ref: user})
	w.Do(protocol.Delete{Ref: group})
	p := planned(t, w, undo.Selection{Since: since})
	if rows := left(p.Rows); p.Changes() != 0 || len(rows) != 2 || !strings.Contains(rows[0], "group cannot come back") || !strings.Contains(rows[1], "for good") {
		t.Errorf("%+v", p.Rows)
	}
	w = operatingtest.New(t, false)
	user = w.Create(scim.User, ada)
	w.Patch(user, op(scim.ReplaceAll, "title", `"U"`))
	group = w.Create(scim.Group, `{"displayName":"G"}`)
	since = w.Now()
	w.Patch(group, op(scim.Add, "members", `[{"value":"`+user.ID+`"}]`)) // has no values
	p = planned(t, w, undo.Selection{Since: w.Now().Add(-time.Hour)})
	if rows := left(p.Rows); p.Changes() != 1 || len(rows) != 3 || !strings.Contains(rows[0], "keeps no values") {
		t.Errorf("%+v", p.Rows)
	}
	w.Place.Journal = nil
	if _, err := undo.Plan(t.Context(), w.Place, undo.Selection{Since: since}); !errors.Is(err, undo.ErrNoJournal) {
		t.Error(err)
	}
}

// A plan is carried out only if it undoes the same writes as the one that the operator has seen.
func TestOtherPlan(t *testing.T) {
	w := operatingtest.New(t, true)
	since := w.Now()
	user := w.Create(scim.User, ada)
	places := func(context.Context, string, string) (operating.Place, error) { return w.Place, nil }
	j := undo.Job{Tenants: []string{"acme"}, Selection: undo.Selection{Since: since}}
	seen, err := undo.Run(t.Context(), places, j)
	if err != nil {
		t.Fatal(err)
	}
	w.Patch(user, op(scim.ReplaceAll, "title", `"Meanwhile"`))
	j.Execute = seen.Plan
	if o, err := undo.Run(t.Context(), places, j); !errors.Is(err, undo.ErrOther) || w.Shows(user) == "" {
		t.Errorf("%v %+v", err, o)
	}
}

// An undo that is repeated names nothing that it has done before.
func TestRepeated(t *testing.T) {
	w := operatingtest.New(t, true)
	user := w.Create(scim.User, ada)
	w.Patch(user, op(scim.ReplaceAll, "title", `"U"`), op(scim.Remove, "nickName", ""))
	all, err := w.Journal.Find(t.Context(), journal.Query{Verb: "patch"})
	if err != nil || len(all) != 1 {
		t.Fatal(err, all)
	}
	of := undo.Selection{Request: all[0].Request}
	if r := done(t, w, planned(t, w, of)); len(r.Done) != 2 {
		t.Errorf("%+v", r)
	}
	if p := planned(t, w, of); len(p.Rows) > 0 {
		t.Errorf("%+v", p.Rows)
	}
}

// A request id that callers of two tenants have chosen names none of them.
func TestSameRequest(t *testing.T) {
	w := operatingtest.New(t, true)
	for _, name := range []string{"acme", "other"} {
		e := journal.Entry{Who: journal.Who{Tenant: name}, Request: "chosen", Verb: "patch", Type: scim.User, Target: "x"}
		if err := w.Journal.Begin(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		e.State = journal.Done
		if err := w.Journal.Settle(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
	}
	places := func(_ context.Context, tenant, _ string) (operating.Place, error) {
		p := w.Place
		p.Tenant = tenant
		return p, nil
	}
	j := undo.Job{Tenants: []string{"acme", "other"}, Selection: undo.Selection{Request: "chosen"}}
	if o, err := undo.Run(t.Context(), places, j); err == nil || !strings.Contains(err.Error(), "acme and other") || o.Tenant != "" {
		t.Errorf("%v %+v", err, o)
	}
	j.Tenants = j.Tenants[1:]
	if o, err := undo.Run(t.Context(), places, j); err != nil || o.Tenant != "other" {
		t.Errorf("%v %+v", err, o)
	}
}

// Calls of another tenant of the same place are not undone.
func TestOtherTenant(t *testing.T) {
	w := operatingtest.New(t, true)
	user := w.Create(scim.User, ada)
	w.Place.Tenant = "other"
	if _, err := undo.Plan(t.Context(), w.Place, undo.Selection{User: user.ID}); !errors.Is(err, undo.ErrNothing) {
		t.Error(err)
	}
}

// A value that Keycloak makes from others stays so after an undo, and a requested one stays
// requested.
func TestMadeValues(t *testing.T) {
	w := operatingtest.New(t, true)
	user := w.Create(scim.User, `{"userName":"a","name":{"givenName":"A","familyName":"L","formatted":"As asked"}}`)
	before, since := w.Shows(user), w.Now()
	w.Patch(user, op(scim.ReplaceAll, "name.formatted", `"Other"`))
	w.Patch(user, op(scim.Remove, "name.formatted", ""))
	done(t, w, planned(t, w, undo.Selection{Since: since}))
	if got := w.Shows(user); got != before {
		t.Errorf("\n got %s\nwant %s", got, before)
	}
}

// An action of an operator is neither undone, nor a reason to refuse an undo.
func TestActions(t *testing.T) {
	w := operatingtest.New(t, true)
	since := w.Now()
	note := journal.Entry{Who: journal.Who{Tenant: "acme", Operator: "eva"}, Verb: string(journal.TokenMade), Name: "i1", Request: "chosen"}
	if err := w.Journal.Note(t.Context(), &note); err != nil {
		t.Fatal(err)
	}
	for _, s := range []undo.Selection{{Since: since}, {Request: "chosen"}} {
		if p, err := undo.Plan(t.Context(), w.Place, s); !errors.Is(err, undo.ErrNothing) {
			t.Errorf("%+v %v", p, err)
		}
	}
	w.Create(scim.User, ada)
	if p := planned(t, w, undo.Selection{Since: since}); p.Changes() != 1 || p.Entries != 1 || len(left(p.Rows)) > 0 {
		t.Errorf("%+v", p)
	}
}
