package overlay_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/proxy/store/storetest"
)

// fixture is the layer on a directory in memory and a real embedded store.
type fixture struct {
	*overlay.Directory
	keycloak *directorytest.Memory
	records  *flaky
	pending  *flaky
	clock    time.Time
}

// flaky is a space whose operations in down fail.
type flaky struct {
	store.Space
	down   map[string]bool
	saving func() // called at the beginning of Save
}

var errDown = errors.New("store: gone")

func (f *flaky) Load(ctx context.Context, ids ...string) (map[string]store.Record, error) {
	if f.down["load"] {
		return nil, errDown
	}
	return f.Space.Load(ctx, ids...)
}

func (f *flaky) Save(ctx context.Context, id string, r store.Record) (uint64, error) {
	if f.saving != nil {
		f.saving()
	}
	if f.down["save"] || f.down["save "+id] || f.down["save resource"] && len(r.Terms) > 0 {
		return 0, errDown
	}
	return f.Space.Save(ctx, id, r)
}

func (f *flaky) SaveAndDelete(ctx context.Context, id string, r store.Record, other string, ids ...string) (uint64, error) {
	if f.saving != nil {
		f.saving()
	}
	if f.down["save"] || f.down["save "+id] || f.down["save resource"] {
		return 0, errDown
	}
	if f.down["delete other"] { // an engine that needs two steps may leave the other records
		return f.Space.Save(ctx, id, r)
	}
	return f.Space.SaveAndDelete(ctx, id, r, other, ids...)
}

func (f *flaky) Delete(ctx context.Context, ids ...string) error {
	if f.down["delete"] {
		return errDown
	}
	return f.Space.Delete(ctx, ids...)
}

func build(t *testing.T, able directory.Capabilities) *fixture {
	t.Helper()
	e, err := embedded.Open(filepath.Join(t.TempDir(), "store.db"), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	h := &fixture{keycloak: directorytest.NewMemory(able), clock: time.Now().Add(time.Hour)}
	h.records, h.pending = &flaky{Space: e.Open("t"), down: map[string]bool{}}, &flaky{Space: e.Open("pending"), down: map[string]bool{}}
	h.Directory = overlay.New(h.keycloak, overlay.Options{Records: h.records, Pending: h.pending, Limit: keptLimit, Now: func() time.Time { return h.clock }})
	return h
}

// keptLimit is how many bytes may be kept of one resource.
const keptLimit = 64 << 10

// ids returns the ids of all records, including pending ones.
func (h *fixture) ids(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, s := range []*flaky{h.records, h.pending} {
		ids, err := s.Scan(t.Context(), "", 100)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, ids...)
	}
	slices.Sort(all)
	return all
}

// doubting returns the context of a create that Keycloak does not answer.
func doubting(t *testing.T) context.Context {
	ctx, o := directory.WithOutcome(t.Context())
	o.Doubt()
	return ctx
}

func TestContract(t *testing.T) {
	directorytest.Run(t, func(t *testing.T) directory.Directory {
		return build(t, directorytest.KeycloakCapabilities()).Directory
	})
}

const entra = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
"userName":"Alice@X.test","active":true,"externalId":"E-1","title":"<Boss> & more","name":{"formatted":"Dr. Alice","givenName":"Alice","familyName":"X","middleName":"M"},
"emails":[{"value":"home@x.test","type":"home"},{"value":"Work@x.test","type":"work","primary":true}],
"phoneNumbers":[{"value":"+1 555","type":"mobile"}],
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"D","manager":{"value":"m-1"}},
"urn:example:2.5:User":{"a":{"b":[1,{"c":null}]},"n":12345678901234567890}}`

func attributesOf(t *testing.T, raw string) []scim.Leaf {
	t.Helper()
	return slices.DeleteFunc(slices.Collect(document.Must(raw).Leaves()), func(l scim.Leaf) bool { return l.Path.Name == "schemas" })
}

func sameLeaves(t *testing.T, r scim.Resource, want string) {
	t.Helper()
	for _, l := range attributesOf(t, want) {
		if got := r.Get(l.Path); got != l.Raw {
			t.Errorf("%s: %s, want %s", l.Path, got, l.Raw)
		}
	}
}

func TestEverythingAskedIsShownByteForByte(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	made, err := h.Create(t.Context(), scim.User, document.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	sameLeaves(t, made, entra)
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	got, err := h.Get(t.Context(), ref, directory.Fields{})
	if err != nil {
		t.Fatal(err)
	}
	sameLeaves(t, got, entra)
	p, err := h.List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 10})
	if err != nil || len(p.Resources) != 1 {
		t.Fatal(err, p)
	}
	sameLeaves(t, p.Resources[0], entra)
	if ids := h.ids(t); !slices.Equal(ids, []string{made.ID()}) {
		t.Errorf("records left: %v", ids)
	}
}

func TestNarrowReadMergesOnlyWhatWasRead(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	made, err := h.Create(t.Context(), scim.User, document.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.Get(t.Context(), scim.Ref{Type: scim.User, ID: made.ID()}, directory.Fields{Only: []string{"title"}})
	if err != nil || r.Raw("title") == "" || r.Raw("emails") != "" || r.Raw("externalId") != "" {
		t.Errorf("%v %s", err, r)
	}
}

func TestKeycloakWinsWhereItChanged(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	made, err := h.Create(t.Context(), scim.User, document.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	_, err = h.keycloak.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) {
		return r.With("userName", `"renamed"`).With("emails", `[{"value":"w2@x.test","type":"work","primary":true}]`), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.Get(t.Context(), ref, directory.Fields{})
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"value":"home@x.test","type":"home"},{"value":"w2@x.test","type":"work","primary":true}]`
	if got.Raw("userName") != `"renamed"` || got.Raw("emails") != want || got.Raw("externalId") != `"E-1"` {
		t.Error(got)
	}
}

func TestNativeValueThatWasNotTakenIsAnError(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	made, err := h.Create(t.Context(), scim.User, document.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	h.keycloak.Freeze("active")
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	_, err = h.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return r.With("active", "false"), nil })
	if status := scim.Status(err); status != 502 {
		t.Fatalf("the value was not stored: %v", err)
	}
	if got, err := h.Get(t.Context(), ref, directory.Fields{}); err != nil || got.Raw("active") != "true" {
		t.Error(err, got)
	}
}

func TestLastModifiedMovesOnChangeOnly(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	made, err := h.Create(t.Context(), scim.User, document.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	modified := scim.MustPath("meta.lastModified")
	same, err := h.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return r, nil })
	if err != nil || same.Get(modified) != made.Get(modified) {
		t.Errorf("moved without a change: %v %s", err, same.Get(modified))
	}
	changed, err := h.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return r.With("title", `"T2"`), nil })
	if err != nil || changed.Get(modified) == made.Get(modified) {
		t.Errorf("did not move: %v %s", err, changed.Get(modified))
	}
}

func TestMappingAppears(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	made, err := h.Create(t.Context(), scim.User, document.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	h.keycloak.Hold(scim.User, "title", directory.Native) // an administrator maps title in the user profile
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	got, err := h.Get(t.Context(), ref, directory.Fields{})
	if err != nil {
		t.Fatal(err)
	}
	sameLeaves(t, got, entra)
	if _, err := h.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return r.With("nickName", `"N"`), nil }); err != nil {
		t.Fatal(err)
	}
	native, err := h.keycloak.Get(t.Context(), ref, directory.Fields{})
	if err != nil || native.Raw("title") != `"<Boss> & more"` {
		t.Errorf("the next write did not offer the kept title: %v %s", err, native)
	}
}

func TestStoreDown(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	h.pending.down["save"] = true
	if _, err := h.Create(t.Context(), scim.User, document.Must(entra)); scim.Status(err) != 503 {
		t.Error(err)
	}
	if h.keycloak.Calls() != 0 {
		t.Error("Keycloak was written although nothing could be kept")
	}
}

// A create is undone if the store goes down after Keycloak has created the resource.
func TestCreateThatCannotBeKeptIsUndone(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	h.records.down["save"] = true
	if _, err := h.Create(t.Context(), scim.User, document.Must(entra)); scim.Status(err) != 503 {
		t.Fatal(err)
	}
	if p, err := h.keycloak.List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 1}); err != nil || p.Total != 0 {
		t.Errorf("%d users are left in Keycloak: %v", p.Total, err)
	}
	if ids := h.ids(t); len(ids) != 0 {
		t.Errorf("records left: %v", ids)
	}
}

// A create that could not be undone, or whose process died, is finished by the retry.
func TestRetryFinishesACreate(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	h.clock = time.Now()
	h.records.down["save"] = true
	h.keycloak.FailNext(nil, scim.Unavailable("Keycloak", nil))
	if _, err := h.Create(doubting(t), scim.User, document.Must(entra)); scim.Status(err) != 503 {
		t.Fatal(err)
	}
	if ids := h.ids(t); len(ids) != 1 {
		t.Fatalf("want the pending record only: %v", ids)
	}
	h.records.down = map[string]bool{}
	made, err := h.Create(t.Context(), scim.User, document.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	sameLeaves(t, made, entra)
	if _, err := h.Create(t.Context(), scim.User, document.Must(entra)); scim.Status(err) != 409 {
		t.Errorf("a third create: %v", err)
	}
	if ids := h.ids(t); !slices.Equal(ids, []string{made.ID()}) {
		t.Errorf("records left: %v", ids)
	}
}

func TestPendingNeverAdoptsWhatIsNotOurs(t *testing.T) {
	begin := func(t *testing.T, at time.Time) *fixture {
		h := build(t, directorytest.KeycloakCapabilities())
		h.clock = at
		h.keycloak.FailNext(scim.Unavailable("Keycloak", nil)) // it may have been made, or not
		if _, err := h.Create(doubting(t), scim.User, document.Must(entra)); err == nil {
			t.Fatal("no error")
		}
		return h
	}
	t.Run("other values", func(t *testing.T) {
		h := begin(t, time.Now())
		if _, err := h.keycloak.Create(t.Context(), scim.User, document.Must(entra).Set(scim.MustPath("name.givenName"), `"Somebody"`)); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Create(t.Context(), scim.User, document.Must(entra)); scim.Status(err) != 409 {
			t.Error(err)
		}
	})
	t.Run("made before", func(t *testing.T) {
		h := begin(t, time.Now().Add(time.Hour))
		if _, err := h.keycloak.Create(t.Context(), scim.User, document.Must(entra)); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Create(t.Context(), scim.User, document.Must(entra)); scim.Status(err) != 409 {
			t.Error(err)
		}
		if left := h.ids(t); len(left) != 0 {
			t.Errorf("records left: %v", left)
		}
	})
	t.Run("made by a create that was answered", func(t *testing.T) {
		h := build(t, directorytest.KeycloakCapabilities())
		h.clock = time.Now()
		h.records.down["delete other"] = true // its pending record stays
		if _, err := h.Create(t.Context(), scim.User, document.Must(entra)); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Create(t.Context(), scim.User, document.Must(entra)); !strings.Contains(fmt.Sprint(err), "taken") {
			t.Error(err)
		}
	})
}

func TestDeleteTakesTheRecord(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	made, err := h.Create(t.Context(), scim.User, document.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	h.records.down["delete"] = true
	if err := h.Delete(t.Context(), ref); scim.Status(err) != 503 || !scim.AsError(err).Remains {
		t.Errorf("store down: %v", err)
	}
	h.records.down = map[string]bool{}
	if err := h.Delete(t.Context(), ref); scim.Status(err) != 404 {
		t.Errorf("retry: %v", err)
	}
	if ids := h.ids(t); len(ids) != 0 {
		t.Errorf("records left: %v", ids)
	}
}

func TestTermsFindWhatIsKept(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	made, err := h.Create(t.Context(), scim.User, document.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{"externalId": "E-1", "userName": "ALICE@x.test", "emails.value": "HOME@x.test"} {
		ids, err := h.records.Find(t.Context(), record.Term(scim.User, scim.MustPath(path), text))
		if err != nil || !slices.Equal(ids, []string{made.ID()}) {
			t.Errorf("%s: %v %v", path, err, ids)
		}
	}
	if ids, _ := h.records.Find(t.Context(), record.Term(scim.User, scim.MustPath("externalId"), "e-1")); len(ids) != 0 {
		t.Error("externalId is caseExact")
	}
}

// fixed returns a directory that always shows one user. Memory cannot be called inside its own
// Update.
func fixed(r scim.Resource) directory.Directory {
	m := directorytest.NewMemory(directorytest.KeycloakCapabilities())
	return fixedUser{m, r}
}

type fixedUser struct {
	directory.Directory
	r scim.Resource
}

func (s fixedUser) Update(_ context.Context, _ scim.Ref, edit directory.Edit) (scim.Resource, error) {
	native := document.Must(`{"userName":"alice@x.test","active":true,"name":{"givenName":"Alice","familyName":"X"},"emails":[{"type":"work","primary":true,"value":"work@x.test"}]}`).With("id", s.r.Raw("id")).With("meta", s.r.Raw("meta"))
	_, err := edit(native)
	return native, err
}

// After a lock has expired, two writes may overlap: the later one starts again with the record of
// the earlier one.
func TestWritesThatMeetLoseNothing(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	made, err := h.Create(t.Context(), scim.User, document.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	set := func(name string) directory.Edit {
		return func(r scim.Resource) (scim.Resource, error) { return r.With(name, `"new"`), nil }
	}
	met := false
	_, err = h.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) {
		if !met {
			met = true
			other := overlay.New(fixed(made), overlay.Options{Records: h.records, Pending: h.pending, Limit: keptLimit, Now: func() time.Time { return h.clock }})
			if _, err := other.Update(t.Context(), ref, set("nickName")); err != nil {
				t.Error(err)
			}
		}
		return set("timezone")(r)
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.Get(t.Context(), ref, directory.Fields{})
	if err != nil || got.Raw("nickName") != `"new"` || got.Raw("timezone") != `"new"` {
		t.Errorf("%v %s", err, got)
	}
}

// Every write of every kind saves the terms of the kept values, also over a record of an earlier
// release, which has none.
func TestEveryWriteSavesTheTermsOfKeptValues(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	made, err := h.Create(t.Context(), scim.User, document.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	group, err := h.Create(t.Context(), scim.Group, document.Must(`{"displayName":"G","urn:a:b":{"c":"kept"}}`))
	if err != nil {
		t.Fatal(err)
	}
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	find := func(what string, typ scim.ResourceType, path, literal string, want ...string) {
		t.Helper()
		ids, err := h.records.Find(t.Context(), record.Lookup(typ, scim.MustPath(path), literal)...)
		if err != nil || !slices.Equal(ids, want) {
			t.Errorf("%s: %s eq %s finds %q, %v", what, path, literal, ids, err)
		}
	}
	forget := func(id string) {
		t.Helper()
		found, err := h.records.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.records.Space.Save(t.Context(), id, store.Record{Rev: found[id].Rev, Body: found[id].Body}); err != nil {
			t.Fatal(err)
		}
	}
	update := func(edit directory.Edit) {
		t.Helper()
		if _, err := h.Update(t.Context(), ref, edit); err != nil {
			t.Fatal(err)
		}
	}
	find("create", scim.User, "title", `"<boss> & MORE"`, ref.ID)
	find("create", scim.User, "urn:example:2.5:User:n", `12345678901234567890`, ref.ID)
	find("create", scim.Group, "urn:a:b:c", `"kept"`, group.ID())
	update(func(r scim.Resource) (scim.Resource, error) { return r.With("title", `"Chief"`), nil })
	find("update", scim.User, "title", `"<boss> & MORE"`)
	find("update", scim.User, "title", `"chief"`, ref.ID)
	forget(ref.ID)
	find("an earlier release", scim.User, "title", `"chief"`)
	update(func(r scim.Resource) (scim.Resource, error) { return r, nil })
	find("an update without a change", scim.User, "title", `"chief"`, ref.ID)
	forget(group.ID())
	if err := h.ChangeMembers(t.Context(), scim.Ref{Type: scim.Group, ID: group.ID()}, directory.MemberChange{Add: []string{ref.ID}}); err != nil {
		t.Fatal(err)
	}
	find("a change of members", scim.Group, "urn:a:b:c", `"kept"`, group.ID())
}

// The record is saved and the pending one deleted in one step, so that a process that is killed
// leaves one of them. Nothing is loaded for a new create.
func TestCreateIsTwoSteps(t *testing.T) {
	m := storetest.NewMemory()
	d := overlay.New(directorytest.NewMemory(directorytest.KeycloakCapabilities()), overlay.Options{Records: m.Open("t"), Pending: m.Open("pending"), Limit: keptLimit, Now: time.Now})
	m.OnOp(func(ctx context.Context, op storetest.Op) error {
		if op.Name != "SaveAndDelete" {
			return nil
		}
		found, err := m.Open("pending").Scan(ctx, "", 10)
		if err == nil && len(found) != 1 {
			t.Errorf("the pending records before the last step: %q", found)
		}
		return err
	})
	made, err := d.Create(t.Context(), scim.User, document.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	m.OnOp(nil)
	var ops []string
	for _, op := range m.Ops() {
		if op.Name != "Scan" {
			ops = append(ops, op.Name)
		}
	}
	if !slices.Equal(ops, []string{"Save", "SaveAndDelete"}) {
		t.Errorf("operations: %q", ops)
	}
	pending, err1 := m.Open("pending").Scan(t.Context(), "", 10)
	records, err2 := m.Open("t").Scan(t.Context(), "", 10)
	if err := errors.Join(err1, err2); err != nil || len(pending) > 0 || !slices.Equal(records, []string{made.ID()}) {
		t.Errorf("records %q, pending %q, %v", records, pending, err)
	}
}
