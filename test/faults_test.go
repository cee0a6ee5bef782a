package test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/scim"
)

func TestKeycloakSlowPastTheDeadline(t *testing.T) {
	w := newWorld(t)
	f := newFaulty(t, w.realm.Server.URL)
	w.through(t, f, time.Second)
	c := client{w.base(), w.tenantToken}
	if _, err := c.send(t.Context(), "GET", "/Users", ""); err != nil {
		t.Fatal(err)
	}
	hold := make(chan struct{})
	defer close(hold)
	f.Before.Store(slow(hold, func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/scim/v2/") }))
	for _, req := range [][2]string{{"GET", "/Users"}, {"POST", "/Users"}} {
		body := ""
		if req[0] == "POST" {
			body = directorytest.Sample(1).String()
		}
		_, err := c.send(t.Context(), req[0], req[1], body)
		if e := scim.AsError(err); e.Status != 504 || e.Detail == "" {
			t.Errorf("%s: %v", req[0], err)
		}
	}
	f.Before.Store(nil)
	a, err := c.send(t.Context(), "GET", "/Users", "")
	if err != nil || a.Page.Total != 0 {
		t.Errorf("something is left behind: %v %+v", err, a.Page)
	}
}

func TestKeycloakDown(t *testing.T) {
	w := newWorld(t)
	f := newFaulty(t, w.realm.Server.URL)
	w.through(t, f, 10*time.Second)
	c := client{w.base(), w.tenantToken}
	made, err := c.send(t.Context(), "POST", "/Users", directorytest.Sample(1).String())
	if err != nil {
		t.Fatal(err)
	}
	user := "/Users/" + made.Resource.ID()
	down := func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }
	f.Before.Store(&down)
	for _, req := range [][3]string{
		{"GET", "/Users", ""}, {"GET", user, ""}, {"POST", "/Users", directorytest.Sample(2).String()},
		{"PATCH", user, patchBody([]scim.Op{{Kind: scim.ReplaceAll, Path: scim.Path{AttrPath: scim.AttrPath{Name: "title"}}, Value: `"x"`}})},
		{"PUT", user, directorytest.Sample(1).String()}, {"DELETE", user, ""},
	} {
		_, err := c.send(t.Context(), req[0], req[1], req[2])
		if e := scim.AsError(err); e.Status != 503 {
			t.Errorf("%s %s: %v", req[0], req[1], err)
		}
	}
	f.Before.Store(nil)
	c.recovered(t)
	a, err := c.send(t.Context(), "GET", user, "")
	if err != nil || a.Resource.Raw("title") != "" {
		t.Errorf("something is left behind: %v %s", err, a.Resource)
	}
	// The retry of the failed create succeeds and creates one user.
	if _, err := c.send(t.Context(), "POST", "/Users", directorytest.Sample(2).String()); err != nil {
		t.Error(err)
	}
	if a, err := c.send(t.Context(), "GET", "/Users", ""); err != nil || a.Page.Total != 2 {
		t.Errorf("%v %+v", err, a.Page)
	}
}

// Keycloak creates the user and the answer is lost: the retry completes the create. The user of a
// group tenant becomes a member of the organization then.
func TestAnswerOfACreateIsLost(t *testing.T) { answerOfACreateIsLost(t, newWorld(t)) }

func TestAnswerOfACreateOfAGroupTenantIsLost(t *testing.T) {
	w := confinedWorld(t)
	answerOfACreateIsLost(t, w)
	if members := w.realm.Admin("GET", "/organizations/"+w.group.Organization+"/members", ""); !strings.Contains(string(members.Body), `"sample1"`) {
		t.Errorf("members of the organization: %s", members.Body)
	}
}

func answerOfACreateIsLost(t *testing.T, w *world) {
	t.Helper()
	f := newFaulty(t, w.realm.Server.URL)
	w.through(t, f, 10*time.Second)
	c := client{w.base(), w.tenantToken}
	lost := func(r *http.Response) error {
		if path := r.Request.URL.Path; r.Request.Method == "POST" && (strings.HasSuffix(path, "/Users") && w.group == nil || strings.HasSuffix(path, "/users")) {
			f.After.Store(nil)
			panic(http.ErrAbortHandler)
		}
		return nil
	}
	f.After.Store(&lost)
	asked := directorytest.Sample(1).With("title", `"Countess"`).With("externalId", `"e-1"`)
	if _, err := c.send(t.Context(), "POST", "/Users", asked.String()); scim.Status(err) != 503 {
		t.Fatalf("the answer was not lost: %v", err)
	}
	made, err := c.send(t.Context(), "POST", "/Users", asked.String())
	if err != nil {
		t.Fatalf("the retry: %v", err)
	}
	got, err := c.send(t.Context(), "GET", "/Users/"+made.Resource.ID(), "")
	if err != nil || got.Resource.Raw("title") != `"Countess"` || got.Resource.Raw("externalId") != `"e-1"` {
		t.Errorf("%v %s", err, got.Resource)
	}
	native := w.realm.SCIM(w.dropInToken, "GET", "/Users?count=0", "")
	if n := gjson.GetBytes(native.Body, "totalResults").Int(); n != 1 {
		t.Errorf("%d users", n)
	}
	if _, err := c.send(t.Context(), "POST", "/Users", asked.String()); scim.Status(err) != 409 {
		t.Errorf("a duplicate: %v", err)
	}
}

// If Keycloak answers 200 to a deactivation without doing it, the proxy answers 502.
func TestKeycloakThatIgnoresActive(t *testing.T) {
	w := newWorld(t)
	f := newFaulty(t, w.realm.Server.URL)
	w.through(t, f, 10*time.Second)
	c := client{w.base(), w.tenantToken}
	made, err := c.send(t.Context(), "POST", "/Users", directorytest.Sample(1).String())
	if err != nil {
		t.Fatal(err)
	}
	user := "/Users/" + made.Resource.ID()
	ignore := func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == "PATCH" { // becomes a PATCH without operations, which Keycloak answers with the unchanged user
			empty := `{"schemas":["` + scim.PatchURN + `"],"Operations":[]}`
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(empty)), int64(len(empty))
		}
		return false
	}
	f.Before.Store(&ignore)
	off := patchBody([]scim.Op{{Kind: scim.ReplaceAll, Path: scim.Path{AttrPath: scim.AttrPath{Name: "active"}}, Value: "false"}})
	if _, err := c.send(t.Context(), "PATCH", user, off); scim.Status(err) != 502 {
		t.Errorf("the proxy believes Keycloak: %v", err)
	}
	f.Before.Store(nil)
	if a, err := c.send(t.Context(), "GET", user, ""); err != nil || a.Resource.Raw("active") != "true" {
		t.Errorf("%v %s", err, a.Resource)
	}
}
