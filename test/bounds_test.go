package test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/scim"
)

// Whatever names a lock, a term or a record is hashed or bounded: what is too long is refused, what
// is not there is 404, and nothing of it is 503.
func TestLongNames(t *testing.T) {
	w := newWorld(t)
	c := client{w.base(), w.tenantToken}
	user := func(name, mail, more string) string {
		return fmt.Sprintf(`{"schemas":[%q],"userName":%q,"name":{"givenName":"G","familyName":"F"},"emails":[{"value":%q}]%s}`, scim.UserURN, name, mail, more)
	}
	group := func(name, more string) string { return fmt.Sprintf(`{"displayName":%q%s}`, name, more) }
	set := func(path, text string) string {
		return patchBody([]scim.Op{opOn(scim.ReplaceAll, path, fmt.Sprintf("%q", text))})
	}
	made, err := c.send(t.Context(), "POST", "/Users", user("ada", "ada@example.com", ""))
	if err != nil {
		t.Fatal(err)
	}
	ada := "/Users/" + made.Resource.ID()
	cjk := strings.Repeat("\u6f22", 400)
	before := w.realm.SCIM(w.dropInToken, "GET", ada, "").Body
	for _, n := range []int{300, 1025, 10_000, 100_000, 600_000} {
		long := strings.Repeat("x", n)
		for _, q := range []struct {
			method, path, body string
			want               int
		}{
			{"POST", "/Users", user(long, "long@example.com", ""), 400},
			{"POST", "/Users", user("long", long+"@example.com", ""), 400},
			{"POST", "/Groups", group(long, ""), 400},
			{"POST", "/Groups", group("long", `,"members":[{"value":"`+long+`"}]`), 400},
			{"PATCH", ada, set("userName", long), 400},
			{"PATCH", ada, set("name.familyName", long), 400},
			{"PUT", ada, user(long, "ada@example.com", ""), 400},
		} {
			w.refused(t, c, q.method, q.path, q.body, q.want)
		}
		if n > 60_000 {
			continue // a URL of that length is 431
		}
		inPath := 404
		if n > 1024 {
			inPath = 400
		}
		for _, endpoint := range []string{"/Users/", "/Groups/"} {
			w.refused(t, c, "GET", endpoint+long, "", inPath)
			w.refused(t, c, "DELETE", endpoint+long, "", inPath)
			w.refused(t, c, "PATCH", endpoint+long, set("displayName", "x"), inPath)
		}
		w.refused(t, c, "PUT", "/Users/"+long, user("ada", "ada@example.com", ""), inPath)
		w.refused(t, c, "PUT", "/Groups/"+long, group("ada", ""), inPath)
		for _, filter := range []string{"userName", "externalId", "id", "emails.value", "groups.value", "displayName"} {
			a, err := c.send(t.Context(), "GET", "/Users?filter="+url.QueryEscape(filter+` eq "`+long+`"`), "")
			if err != nil || a.Page.Total != 0 {
				t.Errorf("filter by %s of %d: %v", filter, n, err)
			}
		}
	}
	if after := w.realm.SCIM(w.dropInToken, "GET", ada, "").Body; string(after) != string(before) {
		t.Errorf("changed: %s", after)
	}
	for _, path := range []string{"/Users", "/Groups"} {
		a := w.realm.SCIM(w.dropInToken, "GET", path, "")
		if n := gjson.GetBytes(a.Body, "totalResults").Int(); n != map[string]int64{"/Users": 1, "/Groups": 0}[path] {
			t.Errorf("%s: %d", path, n)
		}
	}
	// what is kept may be long, and names a term
	for _, body := range []string{user("kept", "kept@example.com", `,"displayName":"`+cjk+`","externalId":"`+cjk+`"`), user("kept2", "kept2@example.com", `,"externalId":"`+strings.Repeat("x", 100_000)+`"`)} {
		if _, err := c.send(t.Context(), "POST", "/Users", body); err != nil {
			t.Error(err)
		}
	}
	if a, err := c.send(t.Context(), "GET", "/Users?filter="+url.QueryEscape(`externalId eq "`+cjk+`"`), ""); err != nil || a.Page.Total != 1 {
		t.Errorf("%v %+v", err, a.Page)
	}
}

func (w *world) refused(t *testing.T, c client, method, path, body string, want int) {
	t.Helper()
	if _, err := c.send(t.Context(), method, path, body); scim.Status(err) != want {
		t.Errorf("%s %.20s (%d bytes, body of %d): %v, want %d", method, path, len(path), len(body), err, want)
	}
}

// If several creates of one name run at once, one is 201 and the others are 409, whatever differs.
func TestCreatesOfOneName(t *testing.T) {
	w := newWorld(t)
	c := client{w.base(), w.tenantToken}
	for name, body := range map[string]func(i int) (path, body string){
		"userName and other displayNames": func(i int) (string, string) {
			return "/Users", fmt.Sprintf(`{"userName":"race","displayName":"%s%d","name":{"givenName":"G","familyName":"F"},"emails":[{"value":"race%d@example.com"}]}`, strings.Repeat("\u6f22", 400), i, i)
		},
		"userName in other forms": func(i int) (string, string) {
			return "/Users", fmt.Sprintf(`{"userName":%q,"name":{"givenName":"G","familyName":"F"},"emails":[{"value":"form%d@example.com"}]}`, []string{"form", " FORM", "Form\t", "fORm "}[i], i)
		},
		"e-mail": func(i int) (string, string) {
			return "/Users", fmt.Sprintf(`{"userName":"mail%d","name":{"givenName":"G","familyName":"F"},"emails":[{"value":"mail@example.com"}]}`, i)
		},
		"displayName": func(i int) (string, string) {
			return "/Groups", fmt.Sprintf(`{"displayName":%q,"externalId":"e%d"}`, []string{"ops", "ops ", " ops", "\tops"}[i], i)
		},
	} {
		errs := together(4, func(i int) error {
			path, body := body(i)
			_, err := c.send(t.Context(), "POST", path, body)
			return err
		})
		for _, err := range errs {
			if e, ok := errors.AsType[*scim.Error](err); !ok || e.Status != 409 || e.Type != "uniqueness" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(errs) != 3 {
			t.Errorf("%s: %d of 4 were refused", name, len(errs))
		}
	}
	if a := w.realm.SCIM(w.dropInToken, "GET", "/Users", ""); gjson.GetBytes(a.Body, "totalResults").Int() != 3 {
		t.Errorf("%s", a.Body)
	}
}
