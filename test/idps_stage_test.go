package test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/corpus"
	"keycloak-scim-proxy/test/kctest"
)

// mustAsk sends a request of a provider.
func mustAsk(t testing.TB, base, token string, r corpus.Request) kctest.Reply {
	t.Helper()
	a, err := ask(base, token, r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func ask(base, token string, r corpus.Request) (kctest.Reply, error) {
	req, err := http.NewRequestWithContext(context.Background(), r.Method, base+r.Target, bytes.NewReader([]byte(r.Body)))
	if err != nil {
		return kctest.Reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if r.Body != "" {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	for k, v := range r.Header {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return kctest.Reply{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return kctest.Reply{Status: res.StatusCode, Header: res.Header, Body: b}, err
}

// make creates a resource that exists before a case.
func (s *stage) make(t testing.TB, path, body string) string {
	t.Helper()
	a := mustAsk(t, s.setUp, s.setUpToken, corpus.Request{Method: http.MethodPost, Target: path, Body: body})
	id := gjson.GetBytes(a.Body, "id").String()
	if a.Status != http.StatusCreated || id == "" {
		t.Fatalf("%s %s: %d %s", path, body, a.Status, a.Body)
	}
	return id
}

// clear deletes all users and groups.
func (s *stage) clear(t testing.TB) {
	t.Helper()
	if s.w.group != nil {
		s.clearGroup(t)
		return
	}
	for _, path := range []string{"/Groups", "/Users"} {
		for {
			a := mustAsk(t, s.setUp, s.setUpToken, corpus.Request{Method: http.MethodGet, Target: path + "?count=100&attributes=id"})
			found := gjson.GetBytes(a.Body, "Resources.#.id").Array()
			if len(found) == 0 {
				break
			}
			for _, id := range found {
				if a := mustAsk(t, s.setUp, s.setUpToken, corpus.Request{Method: http.MethodDelete, Target: path + "/" + id.String()}); a.Status != http.StatusNoContent {
					t.Fatalf("DELETE %s/%s: %d %s", path, id, a.Status, a.Body)
				}
			}
		}
	}
}

// show gets a resource as the provider would. Keycloak returns a group's members only if they are
// requested.
func (s *stage) show(name string) (scim.Resource, bool, error) {
	path := "/Users/" + s.ids[name]
	if isGroup := len(name) == 1; isGroup {
		path = "/Groups/" + s.ids[name]
	}
	a, err := s.get(path)
	if name == "created" && a.Status == http.StatusNotFound {
		a, err = s.get("/Groups/" + s.ids[name])
	}
	if err != nil || a.Status == http.StatusNotFound {
		return scim.Resource{}, false, err
	}
	if a.Status != http.StatusOK {
		return scim.Resource{}, false, fmt.Errorf("GET %s: %d %s", path, a.Status, a.Body)
	}
	r, err := scim.ParseResource(a.Body)
	return r, true, err
}

// members returns the members that GET shows. It fails if the Admin API shows others.
func (s *stage) members(name string) ([]string, error) {
	a, err := s.get("/Groups/" + s.ids[name] + "?attributes=displayName,externalId,members")
	if err != nil {
		return nil, err
	}
	var shown []string
	for _, m := range gjson.GetBytes(a.Body, "members.#.value").Array() {
		shown = append(shown, m.String())
	}
	slices.Sort(shown)
	var there []string
	for _, m := range gjson.ParseBytes(s.w.realm.Admin("GET", "/groups/"+s.ids[name]+"/members?max=1000", "").Body).Array() {
		there = append(there, m.Get("id").String())
	}
	slices.Sort(there)
	if !slices.Equal(shown, there) {
		return nil, fmt.Errorf("%v are shown, and %v are members", shown, there)
	}
	return shown, nil
}

func (s *stage) get(path string) (kctest.Reply, error) {
	return ask(s.base, s.token, corpus.Request{Method: http.MethodGet, Target: path})
}
