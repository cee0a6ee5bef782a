package simulate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/simulate"
)

const token = "kscim_secret"

// careless is a server that keeps users as they are created, shows them changed by show, and
// answers other writes with 400, the token, and many words.
type careless struct {
	users []map[string]any
	show  func(map[string]any)
}

func (s *careless) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reply := func(status int, body any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	id := strings.TrimPrefix(r.URL.Path, "/Users/")
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/Users":
		var u map[string]any
		_ = json.NewDecoder(r.Body).Decode(&u)
		for _, old := range s.users {
			if old["userName"] == u["userName"] {
				reply(http.StatusConflict, "")
				return
			}
		}
		u["id"] = fmt.Sprintf("u%d", len(s.users)+1)
		s.users = append(s.users, u)
		reply(http.StatusCreated, u)
	case r.Method == http.MethodGet && r.URL.Query().Get("filter") != "":
		found := []any{}
		for _, u := range s.users {
			if strings.Contains(r.URL.Query().Get("filter"), u["userName"].(string)) {
				found = append(found, u)
			}
		}
		reply(http.StatusOK, map[string]any{"Resources": found})
	case r.Method == http.MethodGet:
		for _, u := range s.users {
			if u["id"] == id {
				shown := maps.Clone(u)
				s.show(shown)
				reply(http.StatusOK, shown)
			}
		}
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "not with "+token+"\n"+strings.Repeat("x", 2000))
	}
}

func ran(t *testing.T, s *careless, o simulate.Options) (text string, err error) {
	t.Helper()
	server := httptest.NewServer(s)
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	o.URL, o.Token, o.RunID, o.Transport = server.URL, token, "r", transport
	o.Report = func(step simulate.Step) { text += step.Text() }
	err = simulate.Run(t.Context(), o)
	return text, err
}

// A failure shows what was sent, expected and shown, with all attributes in their order. The other
// steps go on, and a step that cannot run says why.
func TestFailures(t *testing.T) {
	s := &careless{show: func(u map[string]any) {
		delete(u, "title")
		u["active"] = "yes"
	}}
	text, err := ran(t, s, simulate.Options{IDP: "okta", Users: 1})
	if !errors.Is(err, simulate.ErrFailed) {
		t.Error(err)
	}
	lines := strings.Split(text, "\n")
	if len(lines) < 6 || !strings.HasPrefix(lines[2], "        sent      POST /Users {") || !strings.Contains(lines[2], `"userName":"sim-r-0@example.com"`) {
		t.Fatalf("%s", text)
	}
	want := `ok    probe       an unknown name matches no user, with 200
FAIL  create      1 users, each shown as sent
        expected  active true, title "Clerk"
        shown     active "yes", title absent
ok    match       each user is found by the provider's own filter
ok    duplicate   a second create of the same name is 409
`
	if diff := cmp.Diff(want, strings.Join(append(lines[:2:2], lines[3:7]...), "\n")+"\n"); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{
		"\nFAIL  update      ", "\n        expected  status 200 or 204\n        shown     status 400 not with <token> xxx", "xxx… (1",
		"\nskip  groups      --groups is 0\nskip  churn       --groups is 0\nskip  rename      --groups is 0\nFAIL  deactivate",
		"\nskip  delete      okta deletes no users\n",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
	if strings.Contains(text, token) {
		t.Errorf("the token is shown\n%s", text)
	}
}

// Two runs against the same server print the same.
func TestOrder(t *testing.T) {
	var texts [2]string
	for i := range texts {
		texts[i], _ = ran(t, &careless{show: func(u map[string]any) {
			for _, key := range []string{"title", "externalId", "userName", "emails", "name"} {
				delete(u, key)
			}
		}}, simulate.Options{IDP: "entra", Users: 2})
	}
	if diff := cmp.Diff(texts[0], texts[1]); diff != "" || !strings.Contains(texts[0], "shown     userName absent, name.givenName absent, name.familyName absent, emails absent, externalId absent, title absent") {
		t.Error(diff, texts[0])
	}
}

// Steps that need users are skipped if one was not created.
func TestSkipped(t *testing.T) {
	s := &careless{show: func(map[string]any) {}, users: []map[string]any{{"userName": "sim-r-0@example.com", "id": "u1"}}}
	text, _ := ran(t, s, simulate.Options{IDP: "generic", Users: 1, Groups: 1, Churn: 1})
	if !strings.Contains(text, "expected  status 201\n        shown     status 409") || strings.Count(text, "skip ") != 9 ||
		!strings.Contains(text, "skip  match       not every user was created\n") {
		t.Errorf("%s", text)
	}
}
