package canary_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/canary"
	"keycloak-scim-proxy/proxy/policy/staged"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store/storetest"
)

type object = map[string]any

// server is a SCIM server with one kind of user. break has the ways in which it does not work.
type server struct {
	users  map[string]object
	breaks map[string]bool
	seen   []string // requests
	during func(method string)
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.seen = append(s.seen, r.Method+" "+r.URL.Path)
	id := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/scim/v2/Users"), "/")
	var body object
	_ = json.NewDecoder(r.Body).Decode(&body)
	answer := func(status int, v any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	if s.during != nil {
		s.during(r.Method)
	}
	switch {
	case r.Context().Err() != nil:
		answer(504, object{})
	case s.breaks["refuse "+r.Method]:
		answer(400, object{"detail": "refused"})
	case r.Method == http.MethodPost:
		id = fmt.Sprint("id", len(s.users))
		s.users[id] = s.keep(object{}, body)
		s.users[id]["id"] = id
		answer(201, s.users[id])
	case id == "":
		var found []object
		for _, u := range s.users {
			if strings.Contains(r.URL.Query().Get("filter"), fmt.Sprint(u["userName"])) {
				found = append(found, u)
			}
		}
		answer(200, object{"Resources": found})
	case s.users[id] == nil:
		answer(404, object{})
	case r.Method == http.MethodDelete:
		if !s.breaks["delete"] {
			delete(s.users, id)
		}
		w.WriteHeader(204)
	case r.Method == http.MethodPut:
		s.users[id] = s.keep(s.users[id], body)
		w.WriteHeader(204)
	default:
		answer(200, s.users[id])
	}
}

// keep keeps what the server does not lose.
func (s *server) keep(was, body object) object {
	now := maps.Clone(was)
	maps.Copy(now, body)
	for name := range now {
		if s.breaks["lose "+name] || s.breaks["lose later "+name] && was[name] != nil {
			delete(now, name)
		}
	}
	if s.breaks["stay active"] {
		now["active"] = true
	}
	return now
}

// native is a user as Keycloak would show it: without what its realm does not map.
func (s *server) native(_ context.Context, id string) (int, []byte, error) {
	u := s.users[id]
	if s.breaks["native"] {
		return 0, nil, errors.New("no answer")
	}
	if u == nil {
		return 404, nil, nil
	}
	shown := object{"username": u["userName"], "email": u["userName"], "names": u["name"], "title": u["title"], "enabled": u["active"] == true && !s.breaks["stay enabled"] || s.breaks["stay enabled"]}
	if s.breaks["hide title"] {
		delete(shown, "title")
	}
	body, err := json.Marshal(shown)
	return 200, body, err
}

type world struct {
	*server
	handler canary.Handler
	gate    *staged.Gate
	places  map[string]staged.Place
}

// newWorld has a tenant whose provider sends PUT, because the server knows that only.
func newWorld(t *testing.T, required ...string) *world {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC) }
	schemas := scim.CoreSchemas()
	w := &world{server: &server{users: map[string]object{}, breaks: map[string]bool{}}, places: map[string]staged.Place{
		"userName": staged.Keycloak, "active": staged.Keycloak, "emails.value": staged.Keycloak, "name.givenName": staged.Keycloak, "name.familyName": staged.Keycloak, "title": staged.Keycloak,
	}}
	w.gate = staged.New(staged.Options{
		Tenant: "acme", Realm: "saas", IDP: "jumpcloud", Staged: true, Required: staged.Resolve(schemas, required), Space: storetest.NewMemory().Open("live"), Now: now,
		Fault: func(said string) error { return errors.New(said) }, Alarm: func(error) {},
	})
	n := 0
	w.handler = canary.Handler{
		Of: func(name string) (canary.Tenant, bool) {
			return canary.Tenant{
				IDP: "jumpcloud", Schemas: schemas, Gate: w.gate, Through: w.server, Native: w.native, Refresh: func() {},
				Place: func(_ context.Context, p scim.AttrPath) (staged.Place, error) {
					if place, ok := w.places[p.String()]; ok {
						return place, nil
					}
					return staged.Store, nil
				},
			}, name == "acme"
		},
		NewID: func() string { n++; return fmt.Sprint("ABC", n) }, Now: now, Done: func(canary.Report, canary.Request) {},
	}
	return w
}

func (w *world) send(t *testing.T, method, tenant, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "/tenants/"+tenant+"/canary", strings.NewReader(body))
	r.SetPathValue("tenant", tenant)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	a := httptest.NewRecorder()
	w.handler.ServeHTTP(a, r)
	return a
}

func (w *world) run(t *testing.T, body string) (r canary.Report) {
	t.Helper()
	a := w.send(t, "POST", "acme", body)
	if err := json.Unmarshal(a.Body.Bytes(), &r); err != nil {
		t.Fatal(a.Code, a.Body, err)
	}
	return r
}

const request = `{"by":"ada"}`

// A green canary makes the tenant live, says where everything lives, and leaves nothing.
func TestGreen(t *testing.T) {
	w := newWorld(t, "title", "department", "phoneNumbers", "name")
	r := w.run(t, request)
	if !r.Green || !r.Live || len(w.users) > 0 || r.Canary != "scim-canary-abc1@canary.invalid" {
		t.Fatalf("%s%v", r.Text(), w.users)
	}
	want := `canary scim-canary-abc1@canary.invalid of tenant acme, as jumpcloud writes users
ok    create      a user with all attributes, in the provider's form
ok    read        the proxy and Keycloak show it as sent
ok    update      the attributes are changed, in the provider's form
ok    reread      the proxy and Keycloak show the changes
ok    deactivate  the user is disabled in Keycloak
ok    delete      the user is gone
ok    record      the proof is in the store
ok    title                                                                  required  lives in Keycloak
ok    urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department  required  lives in store
ok    phoneNumbers                                                           required  lives in store
ok    name                                                                   required  lives in Keycloak, store
ok    userName                                                                         lives in Keycloak
ok    active                                                                           lives in Keycloak
ok    name.givenName                                                                   lives in Keycloak
ok    name.familyName                                                                  lives in Keycloak
ok    emails                                                                           lives in Keycloak
green: the tenant acme is live since 2026-11-26T08:00:00Z
`
	if got := r.Text(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	p := w.gate.State(t.Context()).Proof
	if p.By != "ada" || p.Places["title"] != staged.Keycloak || p.Places["phoneNumbers.value"] != staged.Store || p.Places["name.familyName"] != staged.Keycloak ||
		p.Places["userName"] != "" || !strings.Contains(string(p.Observations), `"deactivate"`) {
		t.Errorf("%+v", p)
	}
}

// Whatever does not survive makes the canary red, and the tenant stays staged. The user is deleted
// if that is possible.
func TestRed(t *testing.T) {
	for _, row := range []struct {
		breaks, want string
		left         int
	}{
		{"lose title", "LOST  title required title is not shown as sent after the create", 0},
		{"lose later title", "LOST  title required title is not shown as sent after the update", 0},
		{"lose userName", "LOST  userName userName is not shown", 0},
		{"hide title", "LOST  title required title should live in Keycloak, which does not have it", 0},
		{"stay active", "FAIL  deactivate the user is disabled in Keycloak the proxy shows active true", 0},
		{"stay enabled", "FAIL  deactivate the user is disabled in Keycloak Keycloak shows enabled true", 0},
		{"refuse POST", "FAIL  create a user with all attributes, in the provider's form POST /Users was answered with 400: refused", 0},
		{"refuse POST", "open  title required not tried", 0},
		{"refuse PUT", "FAIL  update", 0},
		{"refuse GET", "FAIL  read", 0},
		{"native", "FAIL  read", 0},
		{"delete", "FAIL  delete the user is gone GET /Users/id0 was answered with 200", 1},
		{"refuse DELETE", "FAIL  delete", 1},
	} {
		w := newWorld(t, "title")
		w.breaks[row.breaks] = true
		r := w.run(t, request)
		text := strings.Join(strings.Fields(r.Text()), " ")
		if r.Green || r.Live || w.gate.State(t.Context()).Live || !strings.Contains(text, strings.Join(strings.Fields(row.want), " ")) || len(w.users) != row.left {
			t.Errorf("%s: %s\n%d users left", row.breaks, r.Text(), len(w.users))
		}
	}
}

// The user is deleted although the caller has gone.
func TestCallerGone(t *testing.T) {
	w := newWorld(t)
	ctx, leave := context.WithCancel(t.Context())
	w.during = func(method string) {
		if method == http.MethodPut {
			leave()
		}
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/tenants/acme/canary", strings.NewReader(request))
	r.SetPathValue("tenant", "acme")
	w.handler.ServeHTTP(httptest.NewRecorder(), r)
	if len(w.users) > 0 || w.gate.State(t.Context()).Live || !slices.Contains(w.seen, "DELETE /scim/v2/Users/id0") {
		t.Error(w.users, w.seen)
	}
}

// An extension that no file has declared has no attributes to try.
func TestUnknownExtension(t *testing.T) {
	w := newWorld(t, "urn:x:y:1.0")
	if r := w.run(t, request); r.Green || !strings.Contains(r.Text(), "no schema says which attributes it has") {
		t.Error(r.Text())
	}
}

// The next canary removes the user that an interrupted one left, and no other user.
func TestLeftover(t *testing.T) {
	w := newWorld(t)
	w.breaks["refuse DELETE"] = true
	if r := w.run(t, request); r.Green || len(w.users) != 1 {
		t.Fatal(r.Text())
	}
	w.breaks["refuse DELETE"] = false
	w.users["ada"] = object{"id": "ada", "userName": "ada@acme.example"}
	if r := w.run(t, request); !r.Green || len(w.users) != 1 || w.users["ada"] == nil || r.Steps[0].Name != "leftover" {
		t.Error(r.Text(), w.users)
	}
	if r := w.run(t, request); !r.Green || r.Steps[0].Name != "create" {
		t.Error(r.Text())
	}
}

// An attribute that has moved since the last proof is red until the operator accepts it.
func TestMovedAndAccepted(t *testing.T) {
	w := newWorld(t, "title")
	w.run(t, request)
	w.places["title"] = staged.Store
	if r := w.run(t, request); r.Green || !r.Live || !strings.Contains(r.Text(), "title was verified to live in Keycloak and lives in the store now") {
		t.Error(r.Text())
	}
	if p := w.gate.State(t.Context()).Proof; p.Places["title"] != staged.Keycloak {
		t.Error("a red canary has changed the proof")
	}
	if r := w.run(t, `{"accept":true}`); !r.Green {
		t.Error(r.Text())
	}
	if r := w.run(t, request); !r.Green {
		t.Error(r.Text())
	}
}

// Values of the operator are written as they are.
func TestValues(t *testing.T) {
	w := newWorld(t, "title", "department", "userType")
	w.breaks["refuse DELETE"] = true
	w.run(t, `{"values":{"title":"Clerk","department":"Sales"}}`)
	u := w.users["id0"]
	if u["title"] != "Clerk" || fmt.Sprint(u[scim.EnterpriseURN]) != "map[department:Sales]" || u["userType"] != "canary abc1 userType 1" {
		t.Error(u)
	}
}

func TestHandler(t *testing.T) {
	w := newWorld(t)
	for _, row := range []struct {
		method, tenant, body string
		header               []string
		want                 int
	}{
		{"POST", "nobody", request, nil, 404},
		{"POST", "acme", "", nil, 400},
		{"POST", "acme", strings.Repeat(" ", 65<<10) + request, nil, 400},
		{"POST", "acme", request, []string{"Origin", "https://evil.example"}, 403},
		{"GET", "acme", "", nil, 405},
		{"DELETE", "acme", "", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"POST", "acme", request, nil, 200},
		{"DELETE", "acme", "", nil, 204},
	} {
		if got := w.send(t, row.method, row.tenant, row.body, row.header...).Code; got != row.want {
			t.Errorf("%v: %d", row, got)
		}
	}
	if w.gate.State(t.Context()).Live {
		t.Error("the proof was not withdrawn")
	}
	_, end, err := w.gate.Begin(t.Context(), "another")
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	before := len(w.seen)
	if r := w.run(t, request); r.Green || !strings.Contains(r.Text(), "runs already") || len(w.seen) != before {
		t.Error(r.Text())
	}
}
