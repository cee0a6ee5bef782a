// Package keycloak has requests to a real Keycloak, for tests.
package keycloak

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"testing"
)

// Server is a Keycloak that runs, and its administrator.
type Server struct{ URL, User, Password string }

// Given returns the server that the environment names, and skips the test if there is none.
func Given(t *testing.T) *Server {
	t.Helper()
	s := &Server{URL: os.Getenv("KEYCLOAK_URL"), User: os.Getenv("KEYCLOAK_ADMIN"), Password: os.Getenv("KEYCLOAK_ADMIN_PASSWORD")}
	if testing.Short() || s.URL == "" {
		t.Skip("needs a Keycloak: KEYCLOAK_URL, KEYCLOAK_ADMIN, KEYCLOAK_ADMIN_PASSWORD")
	}
	return s
}

// Grant is the grant of the administrator.
func (s *Server) Grant() url.Values {
	return url.Values{"grant_type": {"password"}, "client_id": {"admin-cli"}, "username": {s.User}, "password": {s.Password}}
}

// Token returns an access token of a realm for a grant.
func (s *Server) Token(t *testing.T, realm string, form url.Values) string {
	t.Helper()
	r, err := http.PostForm(s.URL+"/realms/"+realm+"/protocol/openid-connect/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(r.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatal("no token", r.Status, err)
	}
	return answer.Token
}

// Do sends a request of the administrator, and returns the body. Another status fails the test.
func (s *Server) Do(t *testing.T, method, path string, body any, want int) string {
	t.Helper()
	status, answer := Ask(t, method, s.URL+path, s.Token(t, "master", s.Grant()), body)
	if status != want {
		t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	return answer
}

// Ask sends a request with a bearer token and a body of JSON, or none if it is nil.
func Ask(t *testing.T, method, address, token string, body any) (status int, answer string) {
	t.Helper()
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, content)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Content-Type", "application/json")
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(b)
}
