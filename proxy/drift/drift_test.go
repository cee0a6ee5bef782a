package drift_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operating/operatingtest"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

const ada = `{"userName":"Ada","name":{"givenName":"Ada","familyName":"L"},"title":"T"}`

var op = operatingtest.Op

func found(t *testing.T, w *operatingtest.World) (r drift.Report, rows []string) {
	t.Helper()
	r, err := drift.Find(t.Context(), w.Place, drift.Options{Page: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range r.Rows {
		rows = append(rows, fmt.Sprintf("%s %s %s %s %s", row.Kind, row.Name, row.Attribute, row.Intended, row.Shown))
	}
	return r, rows
}

func beside(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Every change beside the proxy is named, and none that a call has made. A reapply takes back those
// that can be.
func TestDrift(t *testing.T) {
	w := operatingtest.New(t, true)
	var users []scim.Ref
	for i := range 5 {
		users = append(users, w.Create(scim.User, fmt.Sprintf(`{"userName":"U%d","name":{"givenName":"G","familyName":"F"},"title":"T"}`, i)))
	}
	group := w.Create(scim.Group, `{"displayName":"G","members":[{"value":"`+users[0].ID+`"},{"value":"`+users[1].ID+`"}]}`)
	w.Patch(users[0], op(scim.ReplaceAll, "name.givenName", `"H"`), op(scim.ReplaceAll, "userName", `"Renamed"`))
	w.Patch(group, op(scim.Add, "members", `[{"value":"`+users[2].ID+`"}]`))
	w.Do(protocol.Delete{Ref: users[4]})
	if r, rows := found(t, w); len(rows) > 0 || r.Users != 4 || r.Groups != 1 {
		t.Fatalf("false drift: %v %+v", rows, r)
	}
	ctx := t.Context()
	w.Console(users[0], "name.givenName", `"Console"`)
	w.Console(users[1], "userName", `"other"`)
	beside(t, w.Keycloak.ChangeMembers(ctx, group, directory.MemberChange{Add: []string{users[3].ID}, Remove: []string{users[2].ID}}))
	r, rows := found(t, w)
	want := []string{
		`changed Renamed name.givenName "H" "Console"`, `changed other userName "U1" "other"`,
		"joined G members  ", "left G members  ",
	}
	slices.Sort(rows)
	if diff := cmp.Diff(want, rows); diff != "" || r.Drifted != 4 || r.Differences() != 4 {
		t.Errorf("%s%+v", diff, r)
	}
	done, _, err := drift.Reapply(ctx, w.Place, r, drift.Options{})
	if err != nil || len(done) != 4 {
		t.Errorf("%v %+v", err, done)
	}
	if r, rows := found(t, w); r.Differences() != 0 {
		t.Errorf("still: %v", rows)
	}
	beside(t, w.Keycloak.Delete(ctx, users[3]))
	if _, rows := found(t, w); len(rows) != 1 || rows[0] != "gone U3   " {
		t.Errorf("%q", rows)
	}
}

// Two walks that find the same have the same rows in the same order: a reapply compares them.
func TestOrderOfRows(t *testing.T) {
	w := operatingtest.New(t, true)
	var ids []string
	members := ""
	for i := range 10 {
		id := w.Create(scim.User, fmt.Sprintf(`{"userName":"U%d","name":{"givenName":"G","familyName":"F"},"title":"T"}`, i)).ID
		ids, members = append(ids, id), members+`,{"value":"`+id+`"}`
	}
	group := w.Create(scim.Group, `{"displayName":"G","members":[`+members[1:]+`]}`)
	beside(t, w.Keycloak.ChangeMembers(t.Context(), group, directory.MemberChange{Remove: ids}))
	first, _ := found(t, w)
	again, _ := found(t, w)
	if diff := cmp.Diff(first.Rows, again.Rows, cmp.AllowUnexported(drift.Row{})); diff != "" || len(first.Rows) != len(ids) {
		t.Errorf("%d rows: %s", len(first.Rows), diff)
	}
}

// A user who was deleted and came back with the same id is not a member of former groups. That is
// no drift, also if the group has another one.
func TestUserCameBack(t *testing.T) {
	w := operatingtest.New(t, true)
	user := w.Create(scim.User, ada)
	group := w.Create(scim.Group, `{"displayName":"G","members":[{"value":"`+user.ID+`"}]}`)
	for _, verb := range []string{"delete", "create"} { // as a tenant with onDelete: deactivate has it
		e := journal.Entry{Who: journal.Who{Tenant: "acme"}, Verb: verb, Type: scim.User, Target: user.ID}
		beside(t, w.Journal.Begin(t.Context(), &e))
		e.State = journal.Done
		beside(t, w.Journal.Settle(t.Context(), &e))
	}
	beside(t, w.Keycloak.ChangeMembers(t.Context(), group, directory.MemberChange{Remove: []string{user.ID}}))
	w.Console(group, "displayName", `"H"`)
	if _, rows := found(t, w); len(rows) != 1 || rows[0] != `changed H displayName "G" "H"` {
		t.Errorf("%q", rows)
	}
}

// A user that an undo has deleted is not missing, and one that it has brought back is not back by
// itself, also if the journal keeps no values.
func TestUndoneWithoutValues(t *testing.T) {
	w := operatingtest.New(t, false)
	away, here := w.Create(scim.User, ada), w.Create(scim.User, `{"userName":"Bob"}`)
	for _, e := range []journal.Entry{
		{Verb: "undo", Target: away.ID, Before: ada}, {Verb: "delete", Target: here.ID, Before: ada}, {Verb: "undo", Target: here.ID, After: ada},
	} {
		e.Type = scim.User
		beside(t, w.Journal.Begin(t.Context(), &e))
		e.State = journal.Done
		beside(t, w.Journal.Settle(t.Context(), &e))
	}
	beside(t, w.Keycloak.Delete(t.Context(), away))
	if _, rows := found(t, w); len(rows) > 0 {
		t.Errorf("%q", rows)
	}
}

// A reapply leaves alone a value that has changed since the walk.
func TestReapplyGuards(t *testing.T) {
	w := operatingtest.New(t, true)
	user := w.Create(scim.User, ada)
	w.Console(user, "name.givenName", `"Console"`)
	r, _ := found(t, w)
	w.Console(user, "name.givenName", `"Later"`)
	done, _, err := drift.Reapply(t.Context(), w.Place, r, drift.Options{})
	if err != nil || len(done) != 1 || done[0].Done {
		t.Errorf("%v %+v", err, done)
	}
}

// A reapply adds no member that the provider has removed since the walk.
func TestReapplyOldMembers(t *testing.T) {
	w := operatingtest.New(t, true)
	user := w.Create(scim.User, ada)
	group := w.Create(scim.Group, `{"displayName":"G","members":[{"value":"`+user.ID+`"}]}`)
	beside(t, w.Keycloak.ChangeMembers(t.Context(), group, directory.MemberChange{Remove: []string{user.ID}}))
	r, _ := found(t, w)
	w.Patch(group, op(scim.Add, "members", `[{"value":"`+user.ID+`"}]`))
	w.Patch(group, op(scim.Remove, `members[value eq "`+user.ID+`"]`, ""))
	done, _, err := drift.Reapply(t.Context(), w.Place, r, drift.Options{})
	if err != nil || len(done) != 1 || done[0].Done {
		t.Errorf("%v %+v", err, done)
	}
}

// While a call is under way, nothing is decided about its resource.
func TestOpenEntry(t *testing.T) {
	w := operatingtest.New(t, true)
	user := w.Create(scim.User, ada)
	e := journal.Entry{Who: journal.Who{Tenant: "acme"}, Verb: "patch", Type: scim.User, Target: user.ID, Changes: []journal.Change{{Path: "name.givenName", Old: `"Ada"`, New: `"Eve"`}}}
	beside(t, w.Journal.Begin(t.Context(), &e))
	w.Console(user, "name.givenName", `"Eve"`) // what the call does
	if r, rows := found(t, w); len(rows) > 0 || r.Undecided != 1 {
		t.Errorf("%v %+v", rows, r)
	}
}

// While the guard has stopped the tenant, neither a walk nor a reapply does anything.
func TestHeld(t *testing.T) {
	w := operatingtest.New(t, true)
	user := w.Create(scim.User, ada)
	w.Console(user, "name.givenName", `"Console"`)
	r, _ := found(t, w)
	held := drift.Options{Held: func(context.Context) (bool, error) { return true, nil }}
	calls := w.Keycloak.Calls()
	if _, err := drift.Find(t.Context(), w.Place, held); !errors.Is(err, drift.ErrHeld) {
		t.Error(err)
	}
	if _, _, err := drift.Reapply(t.Context(), w.Place, r, held); !errors.Is(err, drift.ErrHeld) || w.Keycloak.Calls() != calls {
		t.Error(err)
	}
}

// Without values, memberships are compared, and attributes are not. A journal that is read in part
// says so.
func TestLessJournal(t *testing.T) {
	w := operatingtest.New(t, false)
	user := w.Create(scim.User, ada)
	w.Patch(user, op(scim.ReplaceAll, "name.givenName", `"H"`))
	w.Console(user, "name.givenName", `"Console"`)
	if _, rows := found(t, w); len(rows) > 0 {
		t.Error(rows)
	}
	if r, err := drift.Find(t.Context(), w.Place, drift.Options{Most: 1}); err != nil || !r.Capped || len(r.Rows) > 0 {
		t.Errorf("%v %+v", err, r)
	}
}
