package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/readyz":
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte("the store does not answer"))
		case "/moved":
			http.Redirect(w, r, "/healthz", http.StatusFound)
		}
	}))
	defer s.Close()
	for _, row := range []struct {
		args []string
		want string // of the error
		code int
	}{
		{[]string{"--url", s.URL + "/healthz"}, "", 0},
		{[]string{"--url", s.URL + "/readyz", "--expect", "503"}, "", 0},
		{[]string{"--url", s.URL + "/readyz"}, "answers 503 Service Unavailable, not 200: the store does not answer", 1},
		{[]string{"--url", s.URL + "/moved"}, "answers 302 Found", 1},
		{[]string{"--url", "http://127.0.0.1:1/"}, "refused", 1},
		{[]string{"--url", "::"}, "--url", 2},
	} {
		c := root()
		c.SetArgs(append([]string{"health"}, row.args...))
		err := c.ExecuteContext(t.Context())
		if exitCode(err) != row.code || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: exit code %d, %v", row.args, exitCode(err), err)
		}
	}
}
