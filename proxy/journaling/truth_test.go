package journaling_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
)

// open counts the updates that are made. With blind, no group can be read after a change of its
// members.
type open struct {
	directory.Directory
	blind, changed bool
	updates        int
}

func (o *open) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	return o.Directory.Update(ctx, ref, func(now scim.Resource) (scim.Resource, error) {
		wanted, err := edit(now)
		if err == nil {
			o.updates++
		}
		return wanted, err
	})
}

func (o *open) ChangeMembers(ctx context.Context, group scim.Ref, m directory.MemberChange) error {
	o.changed = true
	return o.Directory.ChangeMembers(ctx, group, m)
}

func (o *open) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	if o.blind && o.changed && ref.Type == scim.Group {
		return scim.Resource{}, scim.Unavailable("Keycloak", nil)
	}
	return o.Directory.Get(ctx, ref, n)
}

func over(o *open) func(*config.Journal, *bench) {
	return func(_ *config.Journal, b *bench) {
		b.below = func(d directory.Directory) directory.Directory { o.Directory = d; return o }
	}
}

// A change of a group that also takes members out of it is held as a whole, also if it begins with
// another attribute; and the policy is asked once.
func TestMembersBesideAnAttribute(t *testing.T) { synctest.Test(t, testMembersBesideAnAttribute) }

func testMembersBesideAnAttribute(t *testing.T) {
	for _, n := range []int{2, 12} {
		o := &open{}
		b := newBench(t, over(o))
		var members []string
		for i := range n {
			members = append(members, `{"value":"`+b.made(scim.User, fmt.Sprintf(`{"userName":"u%d"}`, i)).ID+`"}`)
		}
		group := b.made(scim.Group, `{"displayName":"g","members":[`+strings.Join(members, ",")+`]}`)
		asked, answer := 0, error(&scim.Error{Status: 429})
		b.allow = func(_ context.Context, e journaling.Effect) error {
			if asked++; len(e.Removed) != n || e.Ref != group || e.Name != "g" {
				t.Errorf("%+v", e)
			}
			return answer
		}
		calls := []protocol.Call{
			protocol.Replace{Ref: group, Body: document.Must(`{"displayName":"h"}`)},
			protocol.Patch{Ref: group, Ops: []scim.Op{op(scim.ReplaceAll, "displayName", `"h"`), op(scim.Remove, "members", "")}},
		}
		before := b.shown()
		for _, c := range calls {
			_, all, err := b.do(c)
			if scim.Status(err) != 429 || len(all) != 1 || all[0].State != journal.Refused {
				t.Errorf("%s: %v\n%s", c.Verb(), err, line(all))
			}
		}
		if after := b.shown(); after != before || o.updates != 0 {
			t.Errorf("changed, %d updates:\n%s\n%s", o.updates, before, after)
		}
		asked, answer = 0, nil
		if _, all, err := b.do(calls[0]); err != nil || len(all) != 1 || len(all[0].Removed) != n || asked != 1 {
			t.Errorf("%v, asked %d times\n%s", err, asked, line(all))
		}
	}
}

// A write that was made, and whose answer cannot be read, has not failed.
func TestDoneAndNotShown(t *testing.T) { synctest.Test(t, testDoneAndNotShown) }

func testDoneAndNotShown(t *testing.T) {
	o := &open{}
	b := newBench(t, over(o))
	ada := b.made(scim.User, `{"userName":"ada"}`)
	group := b.made(scim.Group, `{"displayName":"g"}`)
	o.blind, o.changed = true, false
	_, all, err := b.do(protocol.Patch{Ref: group, Ops: []scim.Op{op(scim.Add, "members", `[{"value":"`+ada.ID+`"}]`)}})
	if err == nil || len(all) != 1 || all[0].State != journal.Open {
		t.Fatalf("%v\n%s", err, line(all))
	}
	o.blind = false
	if e := b.resolved(); e.State != journal.Done || len(e.Added) != 1 {
		t.Errorf("%+v", e)
	}
}

// resolved ends the open entries, and returns the last one.
func (b *bench) resolved() journal.Entry {
	b.t.Helper()
	time.Sleep(time.Minute)
	scene := journaling.Scene{Directory: b.memory, Lock: func(context.Context, string) (func(), error) { return func() {}, nil }}
	r := journaling.Resolver{Log: b.log, Age: time.Second, Since: time.Now(), Open: func(context.Context, journal.Entry) (journaling.Scene, error) { return scene, nil }}
	if _, _, err := r.Resolve(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return b.found(journal.Query{Most: 1, Last: true})[0]
}

// halfway is a directory whose DELETE only deactivates the user, as that of a user who breaks the
// profile.
type halfway struct{ directory.Directory }

func (h halfway) Delete(ctx context.Context, ref scim.Ref) error {
	_, err := h.Update(ctx, ref, func(now scim.Resource) (scim.Resource, error) { return now.With("active", "false"), nil })
	if err != nil {
		return err
	}
	return &scim.Error{Status: 400, Remains: true}
}

// A DELETE that has only deactivated the user has not failed without a trace.
func TestDeletedInPart(t *testing.T) { synctest.Test(t, testDeletedInPart) }

func testDeletedInPart(t *testing.T) {
	b := newBench(t, func(_ *config.Journal, b *bench) {
		b.below = func(d directory.Directory) directory.Directory { return halfway{d} }
	})
	b.log.Outbox = func(string) []string { return []string{"crm"} }
	ada := b.made(scim.User, `{"userName":"ada","active":true}`)
	if _, _, err := b.do(protocol.Delete{Ref: ada}); err == nil {
		t.Fatal("no error")
	}
	e := b.resolved()
	if e.State != journal.Partly || !strings.Contains(e.Found, "deactivated") || e.Notice == nil || e.Notice.Kind != journal.KindPatch || e.Notice.Active != "deactivate" {
		t.Errorf("%+v", e)
	}
}

// The entry of a deleted group has its members once, so that it fits into a record.
func TestDeletedGroup(t *testing.T) { synctest.Test(t, testDeletedGroup) }

func testDeletedGroup(t *testing.T) {
	b := newBench(t, nil)
	ada := b.made(scim.User, `{"userName":"ada"}`)
	group := b.made(scim.Group, `{"displayName":"g","members":[{"value":"`+ada.ID+`"}]}`)
	_, all, err := b.do(protocol.Delete{Ref: group})
	if err != nil || len(all) != 1 || len(all[0].Removed) != 1 || !strings.Contains(all[0].Before, `"g"`) || strings.Contains(all[0].Before, ada.ID) {
		t.Errorf("%v %+v", err, all)
	}
}

// A change that no record can hold is refused for good, and nothing is done.
func TestTooLargeForTheJournal(t *testing.T) { synctest.Test(t, testTooLargeForTheJournal) }

func testTooLargeForTheJournal(t *testing.T) {
	b := newBench(t, nil)
	_, _, err := b.do(protocol.Create{Type: scim.User, Body: document.Must(`{"userName":"ada","title":"` + strings.Repeat("x", store.MaxBody) + `"}`)})
	if scim.Status(err) != 413 || b.shown() != "" {
		t.Errorf("%d %.100v, %.100s", scim.Status(err), err, b.shown())
	}
}

// A pass that cannot look at any resource says so in a line of the log, and not in megabytes.
func TestErrorsOfAPassAreBounded(t *testing.T) { synctest.Test(t, testErrorsOfAPassAreBounded) }

func testErrorsOfAPassAreBounded(t *testing.T) {
	b := newBench(t, nil)
	for range 50 {
		if err := b.log.Begin(t.Context(), &journal.Entry{Verb: "patch", Type: scim.User, Target: "u"}); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(time.Minute)
	gone := func(context.Context, journal.Entry) (journaling.Scene, error) {
		return journaling.Scene{}, scim.Unavailable("Keycloak", nil)
	}
	_, open, err := journaling.Resolver{Log: b.log, Age: time.Second, Since: time.Now(), Open: gone}.Resolve(t.Context())
	if n := strings.Count(fmt.Sprint(err), "journal entry"); open != 50 || n != 5 {
		t.Errorf("%d open, %d errors", open, n)
	}
}
