package journaling_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
	"keycloak-scim-proxy/proxy/writing"
)

// bench has a Service with a journal over a directory in memory.
type bench struct {
	t       *testing.T
	memory  *directorytest.Memory
	space   store.Space
	log     *journal.Log
	service protocol.Service
	allow   func(ctx context.Context, e journaling.Effect) error
	below   func(directory.Directory) directory.Directory
	request int
}

func newBench(t *testing.T, change func(*config.Journal, *bench)) *bench {
	b := &bench{t: t, memory: directorytest.NewMemory(directorytest.KeycloakCapabilities())}
	b.below = func(d directory.Directory) directory.Directory { return d }
	c := config.Journal{Days: 1, Most: 1000, Values: true}
	b.space = storetest.NewMemory().Open("journal.r")
	if change != nil {
		change(&c, b)
	}
	n := 0
	b.log = journaling.Journals(c, journal.Options{
		Writer: &journal.Writer{Failed: func(err error) { t.Error(err) }}, Now: time.Now,
		NewID: func() string { n++; return fmt.Sprintf("%010d", n) },
	})(b.space)
	lock := func(context.Context, string) (func(), error) { return func() {}, nil }
	allow := func(ctx context.Context, e journaling.Effect) error {
		if b.allow == nil {
			return nil
		}
		return b.allow(ctx, e)
	}
	layers := writing.New(journaling.Over(b.below(b.memory), allow), lock, scim.CoreSchemas(), writing.Options{MembersShown: 10})
	b.service = journaling.Service(b.log, layers, journaling.Caller{
		Who: journal.Who{Tenant: "acme", Key: "k1"}, Refusals: true,
		Now: func(context.Context) journaling.Circumstances {
			return journaling.Circumstances{Request: fmt.Sprint("r", b.request), Address: "192.0.2.1", IDP: "okta", Rules: []string{"rule"}}
		},
	})
	return b
}

// do sends a call, and returns its answer with all entries of the request.
func (b *bench) do(c protocol.Call) (protocol.Answer, []journal.Entry, error) {
	b.t.Helper()
	b.request++
	a, err := b.service.Do(b.t.Context(), c)
	return a, b.found(journal.Query{Request: fmt.Sprint("r", b.request)}), err
}

func (b *bench) found(q journal.Query) []journal.Entry {
	b.t.Helper()
	if err := b.log.Flush(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	all, err := b.log.Find(b.t.Context(), q)
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

func op(kind scim.OpKind, path, value string) scim.Op {
	p, err := scim.ParsePath(path)
	if err != nil {
		panic(err)
	}
	return scim.Op{Kind: kind, Path: p, Value: value}
}

func (b *bench) made(t scim.ResourceType, body string) scim.Ref {
	b.t.Helper()
	a, all, err := b.do(protocol.Create{Type: t, Body: document.Must(body)})
	if err != nil || len(all) != 1 || all[0].State != journal.Done || all[0].Target != a.Made.ID || all[0].After == "" {
		b.t.Fatalf("%v, %+v", err, all)
	}
	return a.Made
}

func line(all []journal.Entry) string {
	var out []string
	for _, e := range all {
		var changes []string
		for _, c := range e.Changes {
			if c.Path != "meta.lastModified" {
				changes = append(changes, c.Path+"="+c.Old+">"+c.New)
			}
		}
		out = append(out, fmt.Sprintf("%s %s %s %d [%s] +%d -%d", e.Verb, e.Type, e.State, e.Status, strings.Join(changes, " "), len(e.Added), len(e.Removed)))
	}
	return strings.Join(out, "\n")
}

// Each write has one entry with what it changed; a write that changes nothing has none.
func TestEntries(t *testing.T) { synctest.Test(t, testEntries) }

func testEntries(t *testing.T) {
	b := newBench(t, nil)
	ada := b.made(scim.User, `{"userName":"Ada","active":true,"name":{"givenName":"Ada"}}`)
	var users []string
	for i := range 12 {
		users = append(users, b.made(scim.User, fmt.Sprintf(`{"userName":"u%d"}`, i)).ID)
	}
	group := b.made(scim.Group, `{"displayName":"G"}`)
	values := func(ids ...string) string {
		var texts []string
		for _, id := range ids {
			texts = append(texts, `{"value":`+document.Quote(id)+`}`)
		}
		return document.Array(texts)
	}
	for _, row := range []struct {
		name string
		call protocol.Call
		want string
	}{
		{"an attribute", protocol.Patch{Ref: ada, Ops: []scim.Op{op(scim.ReplaceAll, "name.givenName", `"Eva"`)}}, `patch User done 0 [name.givenName="Ada">"Eva"] +0 -0`},
		{"nothing", protocol.Patch{Ref: ada, Ops: []scim.Op{op(scim.ReplaceAll, "name.givenName", `"Eva"`)}}, ""},
		{"not readable", protocol.Patch{Ref: ada, Ops: []scim.Op{op(scim.ReplaceAll, `emails[type eq "x"].value`, `"y"`)}}, "patch User refused 400 [] +0 -0"},
		{"nobody", protocol.Delete{Ref: scim.Ref{Type: scim.User, ID: "nobody"}}, "delete User refused 404 [] +0 -0"},
		{"one member", protocol.Patch{Ref: group, Ops: []scim.Op{op(scim.Add, "members", values(ada.ID))}}, "patch Group done 0 [] +1 -0"},
		{"a member again, and another", protocol.Patch{Ref: group, Ops: []scim.Op{op(scim.Add, "members", values(ada.ID, users[0]))}}, "patch Group done 0 [] +1 -0"},
		{"many", protocol.Patch{Ref: group, Ops: []scim.Op{op(scim.Add, "members", values(users...))}}, "patch Group done 0 [] +11 -0"},
		{"a replacement", protocol.Replace{Ref: group, Body: document.Must(`{"displayName":"H","members":` + values(ada.ID) + `}`)}, `replace Group done 0 [displayName="G">"H"] +0 -12`},
		{"a member that does not exist", protocol.Patch{Ref: group, Ops: []scim.Op{op(scim.Add, "members", values("nobody"))}}, "patch Group refused 400 [] +0 -0"},
		{"out, who was not in", protocol.Patch{Ref: group, Ops: []scim.Op{op(scim.Remove, `members[value eq "`+users[0]+`"]`, "")}}, ""},
		{"deleted", protocol.Delete{Ref: ada}, "delete User done 0 [] +0 -0"},
	} {
		_, all, _ := b.do(row.call)
		if got := line(all); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
	for q, want := range map[*journal.Query]int{{User: "ADA"}: 5, {User: ada.ID}: 5, {Group: "g"}: 6, {Group: "H"}: 6, {Verb: "delete"}: 2, {Failed: true}: 3, {Most: 2, Last: true}: 2} {
		if got := b.found(*q); len(got) != want {
			t.Errorf("%+v: %d entries, want %d\n%s", *q, len(got), want, line(got))
		}
	}
}

// A call that fails below leaves an entry that says so; if its outcome is in doubt, the entry stays
// open.
func TestFailures(t *testing.T) { synctest.Test(t, testFailures) }

type failing struct {
	directory.Directory
	err   error
	doubt bool
}

func (f *failing) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	current, err := f.Directory.Get(ctx, ref, directory.Fields{})
	if err != nil {
		return current, err
	}
	if _, err := edit(current); err != nil || f.err == nil {
		return current, err
	}
	if f.doubt {
		directory.OutcomeOf(ctx).Doubt()
	}
	return current, f.err
}

func testFailures(t *testing.T) {
	f := &failing{}
	b := newBench(t, func(_ *config.Journal, b *bench) {
		b.below = func(d directory.Directory) directory.Directory { f.Directory = d; return f }
	})
	ada := b.made(scim.User, `{"userName":"ada","active":true}`)
	change := protocol.Patch{Ref: ada, Ops: []scim.Op{op(scim.ReplaceAll, "active", "false")}}
	for _, row := range []struct {
		name  string
		err   error
		doubt bool
		want  string
	}{
		{"refused by Keycloak", scim.InvalidValue("no"), false, `patch User failed 400 [active=true>false] +0 -0`},
		{"no answer", scim.Unavailable("Keycloak", nil), true, `patch User open 0 [active=true>false] +0 -0`},
		{"a part is left", scim.Left(scim.InvalidValue("no"), nil), false, `patch User open 0 [active=true>false] +0 -0`},
	} {
		f.err, f.doubt = row.err, row.doubt
		_, all, err := b.do(change)
		if got := line(all); got != row.want || err == nil {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
	f.err = nil
	time.Sleep(time.Minute)
	scene := journaling.Scene{Directory: b.memory, Lock: func(context.Context, string) (func(), error) { return func() {}, nil }}
	r := journaling.Resolver{Log: b.log, Age: time.Second, Since: time.Now(), Open: func(context.Context, journal.Entry) (journaling.Scene, error) { return scene, nil }}
	ended, open, err := r.Resolve(t.Context())
	if err != nil || ended != 2 || open != 0 {
		t.Errorf("%d ended, %d open, %v", ended, open, err)
	}
	if all := b.found(journal.Query{Failed: true}); len(all) != 3 || all[1].State != journal.Failed || all[1].Found == "" {
		t.Errorf("%s", line(all))
	}
}

// Without a journal that can be saved, nothing is done; a policy that refuses leaves nothing.
func TestNothingIsDone(t *testing.T) { synctest.Test(t, testNothingIsDone) }

type brokenSpace struct {
	store.Space
	err error
}

func (s *brokenSpace) Save(ctx context.Context, id string, r store.Record) (uint64, error) {
	if s.err != nil {
		return 0, s.err
	}
	return s.Space.Save(ctx, id, r)
}

func testNothingIsDone(t *testing.T) {
	space := &brokenSpace{}
	b := newBench(t, func(_ *config.Journal, b *bench) { space.Space = b.space; b.space = space })
	ada := b.made(scim.User, `{"userName":"ada","active":true}`)
	group := b.made(scim.Group, `{"displayName":"g","members":[{"value":"`+ada.ID+`"}]}`)
	all := []protocol.Call{
		protocol.Create{Type: scim.User, Body: document.Must(`{"userName":"eva"}`)},
		protocol.Patch{Ref: ada, Ops: []scim.Op{op(scim.ReplaceAll, "active", "false")}},
		protocol.Patch{Ref: group, Ops: []scim.Op{op(scim.Remove, `members[value eq "`+ada.ID+`"]`, "")}},
		protocol.Replace{Ref: group, Body: document.Must(`{"displayName":"g"}`)},
		protocol.Delete{Ref: ada},
	}
	before := b.shown()
	for _, c := range all {
		space.err = errors.New("gone")
		b.request++
		if _, err := b.service.Do(t.Context(), c); scim.Status(err) != 503 {
			t.Errorf("%s without a store: %v", c.Verb(), err)
		}
		space.err = nil
	}
	b.allow = func(_ context.Context, e journaling.Effect) error { return &scim.Error{Status: 429, Detail: "held"} }
	for _, c := range all[1:] {
		_, entries, err := b.do(c)
		if scim.Status(err) != 429 || len(entries) != 1 || entries[0].State != journal.Refused || entries[0].Changes != nil || entries[0].Before != "" {
			t.Errorf("%s held: %v, %+v", c.Verb(), err, entries)
		}
	}
	if after := b.shown(); after != before {
		t.Errorf("changed:\n%s\n%s", before, after)
	}
}

// shown are all resources of the directory.
func (b *bench) shown() string {
	var out []string
	for _, t := range []scim.ResourceType{scim.User, scim.Group} {
		p, err := b.memory.List(b.t.Context(), directory.Query{Type: t, Start: 1, Count: 100, Fields: directory.Fields{Members: true}})
		if err != nil {
			b.t.Fatal(err)
		}
		for _, r := range p.Resources {
			out = append(out, r.String())
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// No password and, without values, no value of an attribute is in the store.
func TestNoSecretIsJournaled(t *testing.T) { synctest.Test(t, testNoSecretIsJournaled) }

func testNoSecretIsJournaled(t *testing.T) {
	for _, values := range []bool{true, false} {
		b := newBench(t, func(c *config.Journal, _ *bench) { c.Values = values })
		secret := `{"userName":"needle-name","password":"hunter2","urn:x:y":{"a":{"PassWord":"hunter2"},"b":"needle-value"}}`
		ada := b.made2(scim.User, secret)
		_, _, _ = b.do(protocol.Patch{Ref: ada, Ops: []scim.Op{{Kind: scim.ReplaceAll, Value: `{"title":"needle-title","password":"hunter2","urn:x:y":{"c":[{"Password":"hunter2"}]}}`}}})
		_, _, _ = b.do(protocol.Patch{Ref: ada, Ops: []scim.Op{op(scim.ReplaceAll, "title", `"needle-other"`), op(scim.ReplaceAll, `emails[type eq "needle-x"].value`, `"needle-y"`)}})
		_, _, _ = b.do(protocol.Delete{Ref: ada})
		b.found(journal.Query{})
		page, _, err := b.space.Page(t.Context(), "", 100)
		if err != nil || len(page) < 3 {
			t.Fatal(len(page), err)
		}
		needles := 0
		for _, e := range page {
			text := string(e.Body) + strings.Join(e.Terms, " ")
			if strings.Contains(text, "hunter2") {
				t.Errorf("values %t: a password: %s", values, text)
			}
			needles += strings.Count(text, "needle")
		}
		if (needles > 0) != values {
			t.Errorf("values %t: %d values", values, needles)
		}
		if got := b.found(journal.Query{User: "Needle-Name"}); len(got) < 3 {
			t.Errorf("values %t: %d entries by the name", values, len(got))
		}
	}
}

func (b *bench) made2(t scim.ResourceType, body string) scim.Ref {
	a, _, err := b.do(protocol.Create{Type: t, Body: document.Must(body)})
	if err != nil {
		b.t.Fatal(err)
	}
	return a.Made
}

// A drop-in caller that is refused has no entry, so that it cannot push out those of others.
func TestRefusedDropIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		refused := protocol.ServiceFunc(func(context.Context, protocol.Call) (protocol.Answer, error) {
			return protocol.Answer{}, scim.Forbidden("no")
		})
		for _, refusals := range []bool{false, true} {
			s := journaling.Service(b.log, refused, journaling.Caller{Refusals: refusals, Now: func(context.Context) journaling.Circumstances { return journaling.Circumstances{} }})
			if _, err := s.Do(t.Context(), protocol.Delete{}); scim.Status(err) != 403 {
				t.Error(err)
			}
			if n := len(b.found(journal.Query{})); (n == 1) != refusals {
				t.Errorf("%t: %d entries", refusals, n)
			}
		}
	})
}

// A create that was ended before its members were added is known as done in part.
func TestCreateWithoutItsMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		scene := journaling.Scene{Directory: b.memory, Lock: func(context.Context, string) (func(), error) { return func() {}, nil }}
		r := journaling.Resolver{Log: b.log, Since: time.Now().Add(time.Hour), Open: func(context.Context, journal.Entry) (journaling.Scene, error) { return scene, nil }}
		for _, members := range []string{"", `,"members":[{"value":"nobody"}]`} {
			lock := func(context.Context, string) (func(), error) { return func() {}, nil }
			stop := &stopping{Directory: b.memory, err: errors.New("killed")}
			layers := writing.New(journaling.Over(stop, nil), lock, scim.CoreSchemas(), writing.Options{})
			service := journaling.Service(b.log, layers, journaling.Caller{Now: func(context.Context) journaling.Circumstances { return journaling.Circumstances{} }})
			name := fmt.Sprint("group", len(members))
			if _, err := service.Do(t.Context(), protocol.Create{Type: scim.Group, Body: document.Must(`{"displayName":"` + name + `"` + members + `}`)}); err == nil {
				t.Fatal("it is not killed")
			}
			if done, _, err := r.Resolve(t.Context()); done != 1 || err != nil {
				t.Fatal(done, err)
			}
			all := b.found(journal.Query{Group: name})
			if partly := len(all) == 1 && all[0].State == journal.Partly && strings.HasSuffix(all[0].Found, "members"); partly != (members != "") {
				t.Errorf("%q: %+v", members, all)
			}
		}
	})
}

// stopping makes resources, and then its process is as good as killed.
type stopping struct {
	directory.Directory
	err error
}

func (s *stopping) Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	directory.OutcomeOf(ctx).Doubt()
	if _, err := s.Directory.Create(ctx, t, r); err != nil {
		return scim.Resource{}, err
	}
	return scim.Resource{}, s.err
}
