package verify_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/permissions"
	"keycloak-scim-proxy/onboarding/tenant"
	"keycloak-scim-proxy/onboarding/verify"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// world is a realm in production: two tenants of one group with users, a user of no tenant, and an
// administrator.
type world struct {
	*kctest.Realm
	t *testing.T
	// to is the network of administrators.
	to     http.RoundTripper
	spec   tenant.Spec
	secret string
	// account is the user of the account, loose a user and group of no tenant.
	account, looseUser, looseGroup string
	// sent counts the requests of the account, permitted the permissions by hand.
	sent, permitted int
	// cut ends the run after so many requests, if it is not 0.
	cut int
}

var errCut = errors.New("cut")

func newWorld(t *testing.T) *world {
	t.Helper()
	r := kctest.NewRealm(t)
	w := &world{Realm: r, t: t, to: http.DefaultTransport}
	a := w.login()
	for _, name := range []string{"globex", "acme"} {
		w.spec = tenant.Spec{Realm: r.Name, Group: name, ClientID: "scim-" + name, Pool: 2, Organization: name}
		made, err := tenant.New(a, w.spec).Apply(t.Context(), func(tenant.Change) {})
		if err != nil {
			t.Fatal(err)
		}
		w.secret, w.account = made.Secret, made.User
		r.NewUser("ada-of-"+name, "/"+name)
	}
	w.looseUser = r.NewUser("outside")
	r.MakeAdmin(r.NewUser("root"))
	w.looseGroup = r.Made(r.Admin("POST", "/groups", `{"name":"loose"}`))
	return w
}

func (w *world) login() *onboarding.Admin {
	w.t.Helper()
	a, err := onboarding.Login(w.t.Context(), w.Server.URL, onboarding.Administrator{User: w.Server.AdminUser, Password: w.Server.AdminPassword}, w.to)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) send(ctx context.Context, q verify.Request) (int, []byte, error) {
	w.t.Helper()
	if w.sent++; w.cut > 0 && w.sent > w.cut {
		return 0, nil, errCut
	}
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	return verify.Over(http.DefaultClient, w.Server.URL+"/", w.Name, func(context.Context) (string, error) {
		return w.Token(w.spec.ClientID, w.secret), nil
	})(ctx, q)
}

func (w *world) verify(ctx context.Context) (*verify.Report, error) {
	return verify.New(w.login(), w.spec, strings.ToLower(rand.Text()[:8]), w.send).Run(ctx)
}

// ask is a request with all rights, which must succeed.
func (w *world) ask(method, path, body string, result any) {
	w.t.Helper()
	a := w.Realm.Admin(method, path, body)
	if a.Status >= 300 {
		w.t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
	}
	if result != nil {
		if err := json.Unmarshal(a.Body, result); err != nil {
			w.t.Fatal(err)
		}
	}
}

// state is everything that is real in the realm, with the words of each document in order.
func (w *world) state() map[string]string {
	w.t.Helper()
	all := map[string]string{}
	read := func(path string) []byte {
		a := w.Realm.Admin("GET", path, "")
		words := strings.FieldsFunc(string(a.Body), func(r rune) bool { return strings.ContainsRune("[]{},", r) })
		slices.Sort(words)
		all[path] = fmt.Sprint(a.Status, words)
		return a.Body
	}
	for _, path := range []string{"", "/users/profile", "/roles", "/components", "/authentication/flows", "/identity-provider/instances", "/client-scopes"} {
		read(path)
	}
	for path, parts := range map[string][]string{
		"/users": {"", "/groups", "/role-mappings", "/credentials", "/federated-identity"}, "/groups": {"", "/members", "/children", "/role-mappings"},
		"/clients": {"", "/client-secret", "/roles"}, "/organizations": {"", "/members"},
	} {
		var list []struct{ ID string }
		if err := json.Unmarshal(read(path+"?max=100"), &list); err != nil {
			w.t.Fatal(path, err)
		}
		for _, one := range list {
			for _, part := range parts {
				read(path + "/" + one.ID + part)
			}
		}
	}
	return all
}

// same fails if something in the realm is not as it was.
func (w *world) same(before map[string]string) {
	w.t.Helper()
	if d := cmp.Diff(before, w.state()); d != "" {
		w.t.Error(d)
	}
}

// The account of a tenant as the recipe makes it is confined, and nothing in the realm changes.
func TestConfined(t *testing.T) {
	w := newWorld(t)
	w.Map(`{"name":"badge","annotations":{},"required":{"roles":["admin","user"]},"permissions":{"view":["admin"],"edit":["admin"]}}`) // decoys have none
	before := w.state()
	r, err := w.verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK || !r.Confined || r.Attacks.Tried < 150 || r.Attacks.Refused != r.Attacks.Tried || r.Attacks.NotSent != 0 {
		t.Errorf("%+v", r.Attacks)
	}
	for _, s := range r.Steps {
		if s.State() != "ok" {
			t.Errorf("%+v", s)
		}
	}
	t.Log("\n" + r.Text())
	w.same(before)
}

// widening is a permission too many that is given by hand.
type widening struct {
	name string
	do   func(*world)
	// says is a part of a finding.
	says string
}

func (w *world) permissions() *permissions.Set {
	w.t.Helper()
	set, err := permissions.Read(w.t.Context(), w.login(), w.Name)
	if err != nil {
		w.t.Fatal(err)
	}
	return set
}

// permit gives whoever meets a policy scopes on objects.
func (w *world) permit(policy, kind string, scopes []string, resources ...string) {
	w.t.Helper()
	set := w.permissions()
	p, has := set.Policy(policy)
	if !has {
		w.t.Fatal("no policy " + policy)
	}
	if err := set.Put(w.t.Context(), permissions.Permission{Name: w.byHand(), ResourceType: kind, Scopes: scopes, Resources: append([]string{}, resources...)}, p); err != nil {
		w.t.Fatal(err)
	}
}

// byHand returns the name of one more permission.
func (w *world) byHand() string {
	w.permitted++
	return fmt.Sprint("by hand ", w.permitted)
}

// policy creates a policy by hand.
func (w *world) policy(kind, body string) {
	w.t.Helper()
	w.ask("POST", "/clients/"+w.client("admin-permissions")+"/authz/resource-server/policy/"+kind, body, nil)
}

func (w *world) client(clientID string) string {
	w.t.Helper()
	var found []struct{ ID string }
	w.ask("GET", "/clients?clientId="+clientID, "", &found)
	return found[0].ID
}

func (w *world) role(name string) (id, body string) {
	w.t.Helper()
	var r struct{ ID, Name string }
	w.ask("GET", "/clients/"+w.client("realm-management")+"/roles/"+name, "", &r)
	return r.ID, fmt.Sprintf(`[{"id":%q,"name":%q}]`, r.ID, r.Name)
}

func (w *world) group(path string) string {
	w.t.Helper()
	var g struct{ ID string }
	w.ask("GET", "/group-by-path"+path, "", &g)
	return g.ID
}

var widenings = []widening{
	{"all users", func(w *world) { w.permit("scim-acme", "Users", []string{"view"}) }, "view on all Users"},
	{"another tenant's group", func(w *world) { w.permit("scim-acme", "Groups", []string{"view-members"}, w.group("/globex")) }, "view-members on 1 of Groups"},
	{"a foreign user", func(w *world) { w.permit("scim-acme", "Users", []string{"manage"}, w.looseUser) }, "manage on 1 of Users"},
	{"the own group's management, by one more permission", func(w *world) { w.permit("scim-acme", "Groups", []string{"manage"}, w.group("/acme")) }, "manage on 1 of Groups"},
	{"one more scope", func(w *world) {
		set := w.permissions()
		p, _ := set.Permission("scim-acme group")
		policy, _ := set.Policy("scim-acme")
		p.Scopes = append(p.Scopes, "manage")
		if err := set.Put(w.t.Context(), p, policy); err != nil {
			w.t.Fatal(err)
		}
	}, "the permission scim-acme group should be"},
	{"one more object", func(w *world) {
		set := w.permissions()
		p, _ := set.Permission("scim-acme pool")
		policy, _ := set.Policy("scim-acme")
		p.Resources = append(p.Resources, w.looseGroup)
		if err := set.Put(w.t.Context(), p, policy); err != nil {
			w.t.Fatal(err)
		}
	}, "the permission scim-acme pool should be"},
	{"a policy for everyone with its role", func(w *world) {
		id, _ := w.role("query-users")
		w.policy("role", fmt.Sprintf(`{"name":"queriers","logic":"POSITIVE","roles":[{"id":%q}]}`, id))
		w.permit("queriers", "Groups", []string{"view"}, w.looseGroup)
	}, "by the policy queriers (role)"},
	{"a policy for everyone but one", func(w *world) {
		w.policy("user", fmt.Sprintf(`{"name":"others","logic":"NEGATIVE","users":[%q]}`, w.looseUser))
		w.permit("others", "Groups", []string{"view"}, w.looseGroup)
	}, "by the policy others (user)"},
	{"a policy for its client", func(w *world) {
		w.policy("client", fmt.Sprintf(`{"name":"its client","logic":"POSITIVE","clients":[%q]}`, w.client("scim-acme")))
		w.permit("its client", "Groups", []string{"view"}, w.looseGroup)
	}, "by the policy its client (client)"},
	{"a policy for who is in no group", func(w *world) {
		w.policy("group", `{"name":"not loose","logic":"NEGATIVE","groups":[{"path":"/loose"}]}`)
		w.permit("not loose", "Groups", []string{"view"}, w.looseGroup)
	}, "by the policy not loose (group)"},
	{"a policy of policies", func(w *world) {
		own, _ := w.permissions().Policy("scim-acme")
		w.policy("aggregate", fmt.Sprintf(`{"name":"both","logic":"POSITIVE","policies":[%q]}`, own.ID))
		w.permit("both", "Groups", []string{"view"}, w.looseGroup)
	}, "by the policy both (aggregate)"},
	{"another policy that names it, without a permission", func(w *world) {
		w.policy("user", fmt.Sprintf(`{"name":"sleeping","logic":"POSITIVE","users":[%q]}`, w.account))
	}, "sleeping names the account"},
	{"another user in its policy", func(w *world) {
		if err := w.permissions().PutUserPolicy(w.t.Context(), "scim-acme", w.account, w.looseUser); err != nil {
			w.t.Fatal(err)
		}
	}, "does not name the account, and only the account"},
	{"one more role", func(w *world) {
		_, role := w.role("view-realm")
		w.ask("POST", "/users/"+w.account+"/role-mappings/clients/"+w.client("realm-management"), role, nil)
	}, "has the role realm-management/view-realm"},
	{"a role that includes another one", func(w *world) {
		// Keycloak refuses to compose its own roles (measured), but a role of the realm may have any.
		w.ask("POST", "/roles", `{"name":"compound"}`, nil)
		var r struct{ ID string }
		w.ask("GET", "/roles/compound", "", &r)
		_, more := w.role("view-events")
		w.ask("POST", "/roles-by-id/"+r.ID+"/composites", more, nil)
		w.ask("POST", "/users/"+w.account+"/role-mappings/realm", fmt.Sprintf(`[{"id":%q,"name":"compound"}]`, r.ID), nil)
	}, "the role compound of the account includes the role view-events"},
	{"the full scope", func(w *world) {
		w.ask("PUT", "/clients/"+w.client("scim-acme"), `{"fullScopeAllowed":true}`, nil)
	}, "fullScopeAllowed is true"},
	{"a group of administrators", func(w *world) { w.MapAdmin(w.looseGroup) }, "/loose"},
	{"permissions that are off", func(w *world) { w.ask("PUT", "", `{"adminPermissionsEnabled":false}`, nil) }, "fine-grained admin permissions of the realm are off"},
}

// Each permission too many is red, nothing real is attacked with a write, and nothing changes. Most
// are given to one account, because each has a finding of its own; those that hide others, and some
// more, are alone.
func TestWidened(t *testing.T) {
	alone := []string{"all users", "one more scope", "a group of administrators", "the full scope", "permissions that are off"}
	var together []widening
	for _, row := range widenings {
		if !slices.Contains(alone, row.name) {
			together = append(together, row)
			continue
		}
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			widened(t, row)
		})
	}
	t.Run("together", func(t *testing.T) {
		t.Parallel()
		widened(t, together...)
	})
}

func widened(t *testing.T, rows ...widening) {
	t.Helper()
	w := newWorld(t)
	for _, row := range rows {
		row.do(w)
	}
	before := w.state()
	r, err := w.verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.OK || r.Confined || r.Attacks.Tried > 0 && r.Attacks.NotSent == 0 {
		t.Errorf("%+v\n%s", r.Attacks, r.Text())
	}
	for _, row := range rows {
		if !strings.Contains(findings(r), row.says) {
			t.Errorf("%s: %q is not in\n%s", row.name, row.says, findings(r))
		}
	}
	w.same(before)
}

// findings are all findings of a report.
func findings(r *verify.Report) (text string) {
	for _, s := range r.Steps {
		for _, f := range s.Findings {
			text += f.What + "\n"
		}
	}
	return text
}

// A policy that cannot be judged is a warning, and an attack that succeeds by it is red: it harms
// decoys, which are removed, and nothing real.
func TestAttackSucceeds(t *testing.T) {
	w := newWorld(t)
	w.policy("time", `{"name":"since 2020","logic":"POSITIVE","notBefore":"2020-01-01 00:00:00"}`)
	w.permit("since 2020", "Groups", []string{"view", "manage"})
	before := w.state()
	r, err := w.verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text := r.Text()
	for _, want := range []string{"since 2020 (time) includes the account cannot be judged", "was answered 204", "changed the decoy", "NOT PROVEN"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\n%s", want, text)
		}
	}
	if r.OK || r.Attacks.Tried == r.Attacks.Refused {
		t.Error(text)
	}
	w.same(before)
}

// While a policy cannot be judged nothing is proven, also if every attack on decoys is refused: the
// permission may be on what is real.
func TestUnjudged(t *testing.T) {
	w := newWorld(t)
	w.policy("time", `{"name":"since 2020","logic":"POSITIVE","notBefore":"2020-01-01 00:00:00"}`)
	w.permit("since 2020", "Groups", []string{"view"}, w.looseGroup)
	r, err := w.verify(t.Context())
	if err != nil || !r.OK || r.Confined || r.Attacks.Refused < 200 || !strings.Contains(r.Text(), "not everything can be judged") {
		t.Errorf("%v\n%s", err, r.Text())
	}
	var fields map[string]any
	if b, err := json.Marshal(r); err != nil || json.Unmarshal(b, &fields) != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"realm", "group", "clientId", "steps", "attacks", "remains", "confined", "ok"} {
		if _, has := fields[name]; !has {
			t.Errorf("no %s in %v", name, fields)
		}
	}
}

// A permission that also needs a policy without the account is not the account's.
func TestPermissionsOfOthers(t *testing.T) {
	w := newWorld(t)
	w.policy("time", `{"name":"since 2020","logic":"POSITIVE","notBefore":"2020-01-01 00:00:00"}`)
	id, _ := w.role("query-users")
	w.policy("role", fmt.Sprintf(`{"name":"queriers","logic":"POSITIVE","roles":[{"id":%q}]}`, id))
	w.policy("user", fmt.Sprintf(`{"name":"help desk","logic":"POSITIVE","users":[%q]}`, w.looseUser))
	w.permit("help desk", "Groups", []string{"view"}, w.looseGroup)
	var ids []string
	for _, name := range []string{"since 2020", "queriers", "help desk"} {
		p, _ := w.permissions().Policy(name)
		ids = append(ids, fmt.Sprintf("%q", p.ID))
	}
	p, _ := w.permissions().Permission("by hand 1")
	w.ask("PUT", "/clients/"+w.client("admin-permissions")+"/authz/resource-server/permission/scope/"+p.ID, fmt.Sprintf(
		`{"id":%q,"name":"by hand 1","type":"scope","resourceType":"Groups","scopes":["view"],"resources":[%q],"policies":[%s],"decisionStrategy":"UNANIMOUS"}`,
		p.ID, w.looseGroup, strings.Join(ids, ",")), nil)
	if r, err := w.verify(t.Context()); err != nil || !r.Confined {
		t.Errorf("%v\n%s", err, r.Text())
	}
	w.to = rewrite{"/permission", `"UNANIMOUS"`, `"AFFIRMATIVE"`} // refused by 26.7.3 with 400; an import of a realm may have it
	if r, err := w.verify(t.Context()); err != nil || r.OK || !strings.Contains(r.Text(), "by the policy queriers") || !strings.Contains(r.Text(), "since 2020 (time) includes") {
		t.Errorf("%v\n%s", err, r.Text())
	}
}

// A permission on all users locks the account out of its own ones: Keycloak asks all permissions to
// agree. So nothing is proven, and the report says what to look for.
func TestLockedOut(t *testing.T) {
	w := newWorld(t)
	w.policy("user", fmt.Sprintf(`{"name":"help desk","logic":"POSITIVE","users":[%q]}`, w.looseUser))
	w.permit("help desk", "Users", []string{"view"})
	before := w.state()
	r, err := w.verify(t.Context())
	if err != nil || r.OK || r.Attacks.Tried != 0 || !strings.Contains(r.Text(), "all permissions on an object to agree") {
		t.Errorf("%v\n%s", err, r.Text())
	}
	w.same(before)
}

// Whenever a run ends, it removes its decoys; the next one removes those of a run that was killed.
func TestDecoysAreRemoved(t *testing.T) {
	w := newWorld(t)
	before := w.state()
	for _, n := range []int{1, 60} {
		w.sent, w.cut = 0, n
		if r, err := w.verify(t.Context()); !errors.Is(err, errCut) || r.OK || r.Confined {
			t.Errorf("%+v %v", r, err)
		}
		w.same(before)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w.sent, w.cut = 0, 0
	proof := verify.New(w.login(), w.spec, "cancelled", func(ctx context.Context, q verify.Request) (int, []byte, error) {
		if w.sent == 20 {
			cancel()
		}
		return w.send(ctx, q)
	})
	if r, err := proof.Run(ctx); !errors.Is(err, context.Canceled) || r.OK {
		t.Errorf("%+v %v", r, err)
	}
	w.same(before)

	w.to = noDeletes{}
	w.cut = 1
	w.sent = 0
	if _, err := w.verify(t.Context()); err == nil || !strings.Contains(err.Error(), "the next run removes it") {
		t.Error(err)
	}
	if cmp.Equal(before, w.state()) {
		t.Fatal("nothing was left over")
	}
	w.to, w.cut = http.DefaultTransport, 0
	if r, err := w.verify(t.Context()); err != nil || !r.OK {
		t.Errorf("%+v %v", r, err)
	}
	w.same(before)
}

// noDeletes is the network of a run that is killed before it deletes something.
type noDeletes struct{}

func (noDeletes) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodDelete {
		return nil, errCut
	}
	return http.DefaultTransport.RoundTrip(r)
}

// rewrite is a Keycloak that answers requests with this end of their path with another text.
type rewrite struct{ path, from, to string }

func (x rewrite) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, x.path) {
		return res, err
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, errors.Join(err, res.Body.Close())
	}
	b = bytes.ReplaceAll(b, []byte(x.from), []byte(x.to))
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	return res, nil
}

// A tenant of a whole realm is never called confined, and the report has its risks.
func TestWholeRealm(t *testing.T) {
	w := newWorld(t)
	w.spec = tenant.Spec{Realm: w.Name, ClientID: "scim-all"}
	made, err := tenant.New(w.login(), w.spec).Apply(t.Context(), func(tenant.Change) {})
	if err != nil {
		t.Fatal(err)
	}
	w.MapAdmin(w.looseGroup)
	before := w.state()
	r, err := w.verify(t.Context())
	if err != nil || !r.OK || r.Confined || w.sent != 0 || !strings.Contains(r.Text(), "CVE-2026-94000") || !strings.Contains(r.Text(), "/loose") {
		t.Errorf("%v\n%s", err, r.Text())
	}
	w.same(before)
	_, role := w.role("view-realm")
	w.ask("POST", "/users/"+made.User+"/role-mappings/clients/"+w.client("realm-management"), role, nil)
	if r, err := w.verify(t.Context()); err != nil || r.OK {
		t.Errorf("%v\n%s", err, r.Text())
	}
}
