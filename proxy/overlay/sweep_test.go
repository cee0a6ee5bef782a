package overlay_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// sweepFixture has resources that exist, a user and a group that were deleted in Keycloak, and the
// pending record of a create without a retry.
type sweepFixture struct {
	*fixture
	user, group scim.Ref
	unfinished  string
	living      []string
}

func newSweepFixture(t *testing.T) *sweepFixture {
	t.Helper()
	d := &sweepFixture{fixture: build(t, directorytest.KeycloakCapabilities())}
	d.clock = time.Now()
	add := func(k scim.ResourceType, r scim.Resource) scim.Ref {
		made, err := d.Create(t.Context(), k, r)
		if err != nil {
			t.Fatal(err)
		}
		return scim.Ref{Type: k, ID: made.ID()}
	}
	group := func(name string) scim.Resource {
		return document.Must(`{"displayName":` + document.Quote(name) + `,"urn:x:Group":{"a":1}}`)
	}
	d.user, d.group = add(scim.User, directorytest.Sample(1).With("title", `"T"`)), add(scim.Group, group("gone"))
	d.living = []string{add(scim.User, directorytest.Sample(2)).ID, add(scim.User, directorytest.Sample(3)).ID, add(scim.Group, group("stays")).ID}
	slices.Sort(d.living)
	for _, ref := range []scim.Ref{d.user, d.group} {
		if err := d.keycloak.Delete(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
	}
	before := d.ids(t)
	d.keycloak.FailNext(scim.Unavailable("Keycloak", nil))
	if _, err := d.Create(doubting(t), scim.User, directorytest.Sample(9)); err == nil {
		t.Fatal("no error")
	}
	for _, id := range d.ids(t) {
		if !slices.Contains(before, id) {
			d.unfinished = id
		}
	}
	return d
}

// sweep returns the findings by id.
func (d *sweepFixture) sweep(t *testing.T, age time.Duration, dryRun bool) (overlay.Swept, map[string]overlay.Finding, error) {
	t.Helper()
	found := map[string]overlay.Finding{}
	done, err := overlay.Sweep(t.Context(), d.records, d.pending, d.keycloak, d.clock.Add(age), overlay.SweepOptions{
		DryRun: dryRun, Found: func(f overlay.Finding) { found[f.ID] = f },
	})
	return done, found, err
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestSweep(t *testing.T) {
	for _, row := range []struct {
		name   string
		age    time.Duration
		reason overlay.Reason // of the pending record
		want   overlay.Swept
	}{
		{"a young pending record stays", overlay.PendingLife - time.Second, overlay.Pending, overlay.Swept{Seen: 6, Orphans: 2, Pending: 1}},
		{"an old pending record is removed", overlay.PendingLife, overlay.Abandoned, overlay.Swept{Seen: 6, Orphans: 2, Abandoned: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newSweepFixture(t)
			findings := map[string]overlay.Finding{
				d.user.ID:    {ID: d.user.ID, Type: scim.User, Reason: overlay.Orphan},
				d.group.ID:   {ID: d.group.ID, Type: scim.Group, Reason: overlay.Orphan},
				d.unfinished: {ID: d.unfinished, Type: scim.User, Reason: row.reason},
			}
			all, left := d.ids(t), d.living
			if row.reason == overlay.Pending {
				left = slices.Sorted(slices.Values(append(slices.Clone(left), d.unfinished)))
			}
			for _, dryRun := range []bool{true, false} {
				done, found, err := d.sweep(t, row.age, dryRun)
				if err != nil {
					t.Fatal(err)
				}
				same(t, "counts", done, row.want)
				same(t, "findings", found, findings)
				if dryRun {
					same(t, "a dry run leaves", d.ids(t), all)
				}
			}
			same(t, "records left", d.ids(t), left)
			again, _, err := d.sweep(t, row.age, false)
			if err != nil || again.Orphans+again.Abandoned != 0 {
				t.Errorf("a second sweep: %+v %v", again, err)
			}
		})
	}
}

// A record has a type, so one request proves that its resource exists. For a resource that is gone
// there are two.
func TestSweepAsksOnce(t *testing.T) {
	d := newSweepFixture(t)
	before := d.keycloak.Calls()
	if _, _, err := d.sweep(t, 0, false); err != nil {
		t.Fatal(err)
	}
	if calls := d.keycloak.Calls() - before; calls != 3+2*2 {
		t.Errorf("%d requests", calls)
	}
}

// Records without a type are checked as both types.
func TestSweepOldRecords(t *testing.T) {
	d := newSweepFixture(t)
	recs, err := d.records.Load(t.Context(), d.ids(t)...)
	if err != nil {
		t.Fatal(err)
	}
	for id, rec := range recs {
		for _, k := range []string{"User", "Group"} {
			rec.Body = bytes.Replace(rec.Body, []byte(`{"type":"`+k+`","pairs"`), []byte(`{"pairs"`), 1)
			rec.Body = bytes.Replace(rec.Body, []byte(`{"type":"`+k+`"}`), []byte(`{}`), 1)
		}
		if bytes.HasPrefix(rec.Body, []byte(`{"type"`)) {
			t.Fatalf("%s still says its type: %s", id, rec.Body)
		}
		if _, err := d.records.Save(t.Context(), id, rec); err != nil {
			t.Fatal(err)
		}
	}
	done, found, err := d.sweep(t, overlay.PendingLife, false)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "counts", done, overlay.Swept{Seen: 6, Orphans: 2, Abandoned: 1})
	same(t, "an old record's type", found[d.group.ID].Type, scim.ResourceType(""))
	same(t, "records left", d.ids(t), d.living)
}

// An error other than 404 proves nothing. Requests are concurrent, so the failing one is one of
// several.
func TestSweepStopsAtAnError(t *testing.T) {
	for _, status := range []int{401, 403, 500, 503} {
		d := newSweepFixture(t)
		all := d.ids(t)
		d.keycloak.FailNext(nil, &scim.Error{Status: status})
		done, _, err := d.sweep(t, 0, false)
		if known := (*scim.Error)(nil); !errors.As(err, &known) || known.Status != status {
			t.Errorf("%d: %v", status, err)
		}
		same(t, "done", done, overlay.Swept{})
		same(t, "records", d.ids(t), all)
	}
}

func TestSweepSaysWhatItDidBeforeAnError(t *testing.T) {
	d := newSweepFixture(t)
	d.keycloak.FailNext(nil, nil, nil, nil, nil, nil, scim.Unavailable("Keycloak", nil)) // at the second proof of the second orphan
	done, found, err := d.sweep(t, 0, false)
	if scim.Status(err) != 503 || done.Orphans != 1 || len(found) != done.Orphans+done.Pending {
		t.Errorf("%+v, %v, %v", done, found, err)
	}
	left := d.ids(t)
	for id, f := range found {
		if f.Reason == overlay.Orphan && slices.Contains(left, id) {
			t.Errorf("%s was said to be removed", id)
		}
	}
	if len(left) != 5 {
		t.Errorf("left %v", left)
	}
}

func TestSweepWithoutStore(t *testing.T) {
	for _, op := range []string{"load", "delete"} {
		d := newSweepFixture(t)
		all := d.ids(t)
		d.records.down[op] = true
		if done, found, err := d.sweep(t, 0, false); !errors.Is(err, errDown) || done.Orphans != 0 || len(found) > 1 {
			t.Errorf("%s: %+v %v %v", op, done, found, err)
		}
		same(t, "records", d.ids(t), all)
	}
}

// meeting calls meet when a resource is read for the first time.
type meeting struct {
	directory.Directory
	id   string
	meet func()
}

func (m *meeting) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	r, err := m.Directory.Get(ctx, ref, n)
	if ref.ID == m.id && m.meet != nil {
		m.meet()
		m.meet = nil
	}
	return r, err
}

// A writer that saves a record has seen its resource, so the sweep does not remove the record.
func TestSweepLeavesARecordThatWasSavedMeanwhile(t *testing.T) {
	d := newSweepFixture(t)
	below := &meeting{Directory: d.keycloak, id: d.user.ID, meet: func() {
		recs, err := d.records.Load(t.Context(), d.user.ID)
		if err == nil {
			_, err = d.records.Save(t.Context(), d.user.ID, recs[d.user.ID])
		}
		if err != nil {
			t.Error(err)
		}
	}}
	done, err := overlay.Sweep(t.Context(), d.records, d.pending, below, d.clock, overlay.SweepOptions{})
	if err != nil || done.Orphans != 1 {
		t.Errorf("%+v %v", done, err)
	}
	if !slices.Contains(d.ids(t), d.user.ID) {
		t.Error("it was removed")
	}
}

// The walk continues after removals, over several pages.
func TestSweepOfManyPages(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	const all = 150
	var want []string
	for i := range all {
		made, err := h.Create(t.Context(), scim.User, directorytest.Sample(i))
		if err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			want = append(want, made.ID())
			continue
		}
		if err := h.keycloak.Delete(t.Context(), scim.Ref{Type: scim.User, ID: made.ID()}); err != nil {
			t.Fatal(err)
		}
	}
	done, err := overlay.Sweep(t.Context(), h.records, h.pending, h.keycloak, h.clock, overlay.SweepOptions{})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "counts", done, overlay.Swept{Seen: all, Orphans: all - len(want)})
	slices.Sort(want)
	same(t, "records left", h.ids(t), want)
}
