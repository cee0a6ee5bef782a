package onboarding

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

func TestEnableSCIM(t *testing.T) {
	s := newSite(t)
	s.ask("PUT", "", `{"scimApiEnabled":false}`)
	if err := s.EnableSCIM(t.Context(), s.Name); err != nil {
		t.Fatal(err)
	}
	if r, exists, err := s.Admin.Realm(t.Context(), s.Name); err != nil || !exists || !r.SCIM {
		t.Errorf("%+v %t %v", r, exists, err)
	}
	if _, exists, err := s.Admin.Realm(t.Context(), s.Name+"x"); err != nil || exists {
		t.Errorf("a realm that is not there: %t %v", exists, err)
	}
}

// A Keycloak without the feature answers 204 to scimApiEnabled and does not store it.
func TestEnableSCIMIsReadBack(t *testing.T) {
	s := newSite(t)
	s.ask("PUT", "", `{"scimApiEnabled":false}`)
	target, err := url.Parse(s.Server.URL)
	if err != nil {
		t.Fatal(err)
	}
	without := httputil.NewSingleHostReverseProxy(target)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			b = bytes.ReplaceAll(b, []byte(`"scimApiEnabled":true`), nil)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		}
		without.ServeHTTP(w, r)
	}))
	defer srv.Close()
	a, err := Login(t.Context(), srv.URL, Administrator{User: s.Server.AdminUser, Password: s.Server.AdminPassword}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.EnableSCIM(t.Context(), s.Name); !errors.Is(err, errNoSCIM) {
		t.Errorf("%v", err)
	}
}

// A realm that is made lets users be renamed; of one that exists the switch is only told.
func TestEditUsername(t *testing.T) {
	s := newSite(t)
	s.ask("PUT", "", `{"editUsernameAllowed":false}`)
	r, _, err := s.Admin.Realm(t.Context(), s.Name)
	if limits := r.Limits(); err != nil || len(limits) != 1 || !strings.Contains(limits[0], `"Edit username"`) {
		t.Errorf("%v %q", err, limits)
	}
	made := s.Name + "made"
	if err := s.CreateRealm(t.Context(), made, nil); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.DeleteRealm(t.Context(), made) }()
	if r, _, err := s.Admin.Realm(t.Context(), made); err != nil || len(r.Limits()) > 0 {
		t.Errorf("%v %q", err, r.Limits())
	}
}
