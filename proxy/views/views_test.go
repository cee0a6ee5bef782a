package views_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/proxy/canary"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/golive"
	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/operate"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/operating/operatingtest"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/policy/staged"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
	"keycloak-scim-proxy/proxy/views"
)

var ada = console.Operator{Name: "ada", Address: "192.0.2.7"}

// newViews makes the views of one tenant in memory.
func newViews(t *testing.T) (*operatingtest.World, *views.Views) {
	t.Helper()
	w, memory := operatingtest.New(t, true), storetest.NewMemory()
	tenant := views.Tenant{
		Config: config.Tenant{Tenant: "acme", Realm: "saas", IDP: "entra", State: "live", Tokens: []config.Token{{ID: "k1"}}}, URL: "https://scim.test", Journal: w.Journal, Window: time.Hour,
		Native: func(ctx context.Context, ref scim.Ref) (int, []byte, error) {
			r, err := w.Keycloak.Get(ctx, ref, directory.Fields{})
			if err != nil {
				return scim.Status(err), nil, nil
			}
			return http.StatusOK, []byte(r.String()), nil
		},
		Capabilities: func(context.Context) (directory.Capabilities, error) { return w.Directory.Capabilities(), nil },
	}
	tenant.Gate = golive.New(golive.Tenant{Configured: tenant.Config, Schemas: scim.CoreSchemas()}, staged.Options{Space: memory.Open("live"), Now: w.Now})
	of := func(name string) (views.Tenant, bool) { return tenant, name == "acme" }
	v := views.New(views.Options{
		Operate: operate.Tenants{
			Of: func(name string) (operate.Tenant, bool) {
				return operate.Tenant{Name: name, Journal: w.Journal}, name == "acme"
			},
			All: func() []string { return []string{"acme"} },
			Place: func(_ context.Context, _, by string) (operating.Place, error) {
				p := w.Place
				p.Operator = by
				return p, nil
			},
			Tokens: issued.New(issued.Options{
				Space: memory.Open("issued"), Now: w.Now, Place: func(name string) (string, bool) { return "x", name == "acme" },
				Taken: func(string, string) bool { return false }, Journal: func(string) *journal.Log { return w.Journal },
			}),
			Guards: memory.Open(budget.SpaceName), Now: w.Now,
		},
		All: func() []views.Tenant { return []views.Tenant{tenant} }, Of: of,
		Health: func() []health.Status { return []health.Status{{Name: "acme", Asked: true}} },
		Uses:   func(context.Context, string, []string) map[string]time.Time { return nil },
		Walked: func(string) (int, time.Time) { return 0, time.Time{} },
		Canary: canary.Handler{Of: func(string) (canary.Tenant, bool) { return canary.Tenant{}, false }},
		Store:  func(context.Context) console.Store { return console.Store{Kind: "embedded"} },
		Notes:  func(context.Context) []string { return nil },
		Did:    func(console.Act, error) {}, Now: w.Now,
	})
	return w, v
}

const department = scim.EnterpriseURN + ":department"

// A user's page has for each attribute what was sent, what Keycloak has and what is kept; its
// history names an operator's change, which was not sent.
func TestResource(t *testing.T) {
	w, v := newViews(t)
	ref := w.Create(scim.User, `{"userName":"Eva","title":"Dr","name":{"givenName":"E"}}`)
	w.Patch(ref, operatingtest.Op(scim.ReplaceAll, "title", `"Prof"`), operatingtest.Op(scim.ReplaceAll, department, `"R&D"`))
	w.Console(ref, "name.givenName", `"Console"`)
	for _, by := range []string{ref.ID, "eva"} {
		r, err := v.Resource(t.Context(), "acme", scim.User, by, 1)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]console.Row{}
		for _, row := range r.Rows {
			got[row.Attribute] = row
		}
		for path, want := range map[string]console.Row{
			"title": {Sent: `"Prof"`, Kept: `"Prof"`}, department: {Sent: `"R&D"`, Kept: `"R&D"`},
			"name.givenName": {Sent: `"E"`, Keycloak: `"Console"`},
		} {
			if want.Attribute = path; got[path] != want {
				t.Errorf("%+v, want %+v", got[path], want)
			}
		}
		if r.ID != ref.ID || r.Name != "Eva" || r.Gone || len(r.History) != 1 || r.History[0].Verb != "patch" || len(r.History[0].Sentences) == 0 {
			t.Errorf("%+v", r)
		}
	}
	group := w.Create(scim.Group, fmt.Sprintf(`{"displayName":"Crew","members":[{"value":%q}]}`, ref.ID))
	if r, err := v.Resource(t.Context(), "acme", scim.Group, "Crew", 9); err != nil || len(r.Links) != 1 || r.Links[0].ID != ref.ID || r.ID != group.ID {
		t.Errorf("%+v %v", r, err)
	}
	if err := w.Keycloak.Delete(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if r, err := v.Resource(t.Context(), "acme", scim.User, ref.ID, 9); err != nil || !r.Gone || len(r.History) < 2 {
		t.Errorf("gone: %+v %v", r, err)
	}
	for _, unknown := range []string{"nobody", "", `a" or userName pr or "`} {
		if _, err := v.Resource(t.Context(), "acme", scim.User, unknown, 9); !errors.Is(err, console.ErrUnknown) {
			t.Errorf("%q: %v", unknown, err)
		}
	}
	if _, err := v.Resource(t.Context(), "globex", scim.User, ref.ID, 9); !errors.Is(err, console.ErrUnknown) {
		t.Error(err)
	}
}

// While Keycloak does not answer, a user's page has what the store knows.
func TestResourceWithoutKeycloak(t *testing.T) {
	w, v := newViews(t)
	ref := w.Create(scim.User, `{"userName":"Eva","title":"Dr"}`)
	v.Operate.Place = func(context.Context, string, string) (operating.Place, error) {
		return operating.Place{}, errors.New("Keycloak is down") //nolint:staticcheck // a name
	}
	r, err := v.Resource(t.Context(), "acme", scim.User, ref.ID, 9)
	if err != nil || r.Gone || len(r.History) != 1 || len(r.Rows) == 0 || strings.Join(r.Wrong, "") != "what the tenant sees cannot be read: Keycloak is down" {
		t.Errorf("%+v %v", r, err)
	}
}

// Activity is of one tenant, although the journal has those of others too.
func TestActivity(t *testing.T) {
	w, v := newViews(t)
	for i := range 5 {
		w.Create(scim.User, fmt.Sprintf(`{"userName":"u%d"}`, i))
	}
	other := journal.Entry{Who: journal.Who{Tenant: "globex"}, Verb: "create", Type: scim.User, Target: "x"}
	if err := w.Journal.Begin(t.Context(), &other); err != nil {
		t.Fatal(err)
	}
	first, err := v.Activity(t.Context(), "acme", "", 3)
	if err != nil || len(first) != 3 || first[0].Name != "u4" {
		t.Fatalf("%+v %v", first, err)
	}
	if rest, err := v.Activity(t.Context(), "acme", first[2].ID, 3); err != nil || len(rest) != 2 || rest[1].Name != "u0" {
		t.Errorf("%+v %v", rest, err)
	}
	hours, err := v.Hours(t.Context(), "acme")
	if err != nil || len(hours) != 24 || hours[23].Done+hours[22].Done != 5 {
		t.Errorf("%+v %v", hours, err)
	}
	w.Create(scim.User, `{"userName":"later"}`)
	for range 20 { // the clock moves a second with each look
		w.Now()
	}
	if _, err := v.Activity(t.Context(), "acme", "", 1); err != nil { // the outcome is saved
		t.Fatal(err)
	}
	if hours, err = v.Hours(t.Context(), "acme"); err != nil || hours[23].Done+hours[22].Done != 6 {
		t.Errorf("later: %+v %v", hours[22:], err)
	}
}

// The journal has an operator's actions with the operator's name, once, also those that failed.
func TestActionsAreRecorded(t *testing.T) {
	w, v := newViews(t)
	act := func(verb, about string, do func() error) error {
		done, err := v.Record(t.Context(), console.Act{By: ada, Tenant: "acme", Verb: verb, About: about})
		if err != nil {
			t.Fatal(err)
		}
		err = do()
		done(t.Context(), err)
		return err
	}
	text := ""
	for _, row := range []struct {
		verb string
		do   func() error
		ok   bool
	}{
		{"guard-release", func() error { return v.ReleaseGuard(t.Context(), "acme", ada, time.Hour) }, true},
		{"guard-close", func() error { return v.CloseGuard(t.Context(), "acme", ada) }, true},
		{"stage", func() error { return v.Stage(t.Context(), "acme", ada) }, false}, // its file says live
		{"token-make", func() (err error) {
			text, _, err = v.MakeToken(t.Context(), "acme", ada, time.Time{})
			return err
		}, true},
	} {
		if err := act(row.verb, "it", row.do); (err == nil) != row.ok {
			t.Errorf("%s: %v", row.verb, err)
		}
	}
	all, err := w.Journal.Find(t.Context(), journal.Query{})
	var got []string
	for _, e := range all {
		got = append(got, e.Verb+" "+string(e.State)+" "+e.Operator)
		if strings.Contains(fmt.Sprintf("%+v", e), text) {
			t.Error("the journal has the token")
		}
	}
	if want := "guard released done ada, guard closed done ada, staged failed ada, token made done ada"; err != nil || strings.Join(got, ", ") != want || text == "" {
		t.Errorf("%s, %v\nwant %s", strings.Join(got, ", "), err, want)
	}
	if made, err := v.Tokens(t.Context(), "acme"); err != nil || len(made) != 2 || made[0].ID != "k1" || !made[0].InFile || made[1].By != "ada" {
		t.Errorf("%+v %v", made, err)
	}
	if _, err := v.Record(t.Context(), console.Act{By: ada, Tenant: "globex", Verb: "stage"}); !errors.Is(err, console.ErrUnknown) {
		t.Error(err)
	}
}

// An action that cannot be recorded is refused before it is done.
func TestUnrecorded(t *testing.T) {
	w, v := newViews(t)
	memory, of := storetest.NewMemory(), v.Of
	down := journal.New(journal.Options{Space: memory.Open("journal.x"), Writer: &journal.Writer{}, Now: w.Now, NewID: func() string { return "0123456789" }})
	for name, log := range map[string]*journal.Log{"the store is down": down, "there is no journal": nil} {
		v.Of = func(name string) (views.Tenant, bool) {
			tenant, known := of(name)
			tenant.Journal = log
			return tenant, known
		}
		memory.SetDown(errors.New("down"))
		if _, err := v.Record(t.Context(), console.Act{By: ada, Tenant: "acme", Verb: "guard-release"}); err == nil || !strings.Contains(err.Error(), "cannot be recorded") {
			t.Errorf("%s: %v", name, err)
		}
	}
	memory.SetDown(nil)
	v.Of = of
	if _, err := v.Record(t.Context(), console.Act{By: ada, Tenant: "acme", Verb: "live"}); err != nil { // and the process is killed
		t.Fatal(err)
	}
	if ended, _, err := (journaling.Resolver{Log: w.Journal, Since: w.Now()}).Resolve(t.Context()); err != nil || ended != 1 {
		t.Fatal(ended, err)
	}
	if all, err := w.Journal.Find(t.Context(), journal.Query{}); err != nil || len(all) != 1 || all[0].State != journal.Partly || all[0].Found == "" {
		t.Errorf("%+v %v", all, err)
	}
}

// read calls a function before each page that is read.
type read struct {
	store.Space
	before func(ctx context.Context) error
}

func (r read) Page(ctx context.Context, after string, n int) ([]store.Entry, string, error) {
	if err := r.before(ctx); err != nil {
		return nil, "", err
	}
	return r.Space.Page(ctx, after, n)
}

// Whoever follows a tenant is not called for the writes of others in the same place.
func TestFollowOwn(t *testing.T) {
	w, v := newViews(t)
	looks, changes := make(chan struct{}, 100), make(chan struct{}, 100)
	w.Journal.Space = read{w.Journal.Space, func(context.Context) error { looks <- struct{}{}; return nil }}
	ctx, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- v.Follow(ctx, "acme", func() { changes <- struct{}{} }) }()
	begin := func(tenant string) {
		e := journal.Entry{Who: journal.Who{Tenant: tenant}, Verb: "delete", Type: scim.User, Target: "1"}
		if err := w.Journal.Begin(t.Context(), &e); err != nil {
			t.Error(err)
		}
	}
	<-looks
	<-looks // it has seen what there is
	begin("globex")
	<-looks
	<-looks
	if len(changes) > 0 {
		t.Error("called for another tenant")
	}
	begin("acme")
	<-changes
	end()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A journal that does not answer keeps the list of tenants from nothing but its charts.
func TestSlowJournal(t *testing.T) {
	w, v := newViews(t)
	w.Journal.Space = read{w.Journal.Space, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
	ctx, cancel := context.WithTimeout(t.Context(), page.ReadTime)
	defer cancel()
	rows, _, err := v.Tenants(ctx, "", 10)
	if err != nil || ctx.Err() != nil || len(rows) != 1 || rows[0].Name != "acme" || rows[0].Recent != nil {
		t.Errorf("%+v %v %v", rows, err, ctx.Err())
	}
}

// A count that panics ends no process, and the next one is made.
func TestCountPanics(t *testing.T) {
	w, before := newViews(t)
	o, counted := before.Options, make(chan struct{}, 100)
	o.Operate.Place = func(context.Context, string, string) (operating.Place, error) {
		counted <- struct{}{}
		panic("a fault")
	}
	var passed atomic.Int64
	o.Now = func() time.Time { return w.Now().Add(time.Duration(passed.Load())) }
	v := views.New(o)
	for range 2 {
		for len(counted) == 0 {
			if rows, _, err := v.Tenants(t.Context(), "", 10); err != nil || rows[0].Users != -1 {
				t.Fatal(rows, err)
			}
			time.Sleep(time.Millisecond)
		}
		<-counted
		passed.Add(int64(time.Hour))
	}
}

// Counts are made beside the page, and shown by a later one.
func TestCounts(t *testing.T) {
	w, v := newViews(t)
	w.Create(scim.User, `{"userName":"Ada"}`)
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		rows, all, err := v.Tenants(t.Context(), "", 10)
		if err != nil || all != 1 || len(rows) != 1 || rows[0].State != "live" || rows[0].Health != console.Good || rows[0].NoToken {
			t.Fatalf("%+v %d %v", rows, all, err)
		}
		if rows[0].Users == 1 && rows[0].Groups == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("no count was made")
}
