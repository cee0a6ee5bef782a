package keycloak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
)

// wire answers every request with an empty document, or an error, and records the last URL.
type wire struct {
	last *http.Request
	err  error
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.last = r; w.err != nil {
		return nil, w.err
	}
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"id":"1"}`)), Request: r}, nil
}

func on(w *wire, p *profile.Profile) *Realm {
	return NewRealm(NewClient("http://keycloak.example", w, time.Minute, 1), "r", Caller("token"), p)
}

// net/http puts the whole URL into its errors. A filter in it may have personal data, which must
// not be logged.
func TestErrorsDoNotCarryTheQuery(t *testing.T) {
	w := &wire{err: errors.New("connection refused")}
	q := directory.Query{Type: scim.User, Filter: scim.Equal(userName, "grace.hopper"), Start: 1, Count: 1}
	_, err := on(w, profile.Stock()).List(t.Context(), q)
	if err == nil || !strings.Contains(w.last.URL.String(), "grace.hopper") {
		t.Fatalf("%v, %s", err, w.last.URL)
	}
	for _, secret := range []string{"grace", "filter", "?", "keycloak.example"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells %q: %v", secret, err)
		}
	}
	for _, said := range []string{"GET /realms/r/scim/v2/Users", "connection refused"} {
		if !strings.Contains(err.Error(), said) {
			t.Errorf("the error does not tell %q: %v", said, err)
		}
	}
	w.err = fmt.Errorf("read: %w", context.DeadlineExceeded)
	if _, err := on(w, profile.Stock()).List(t.Context(), q); scim.Status(err) != 504 {
		t.Errorf("the deadline is lost: %v", err)
	}
}

// Names of the profile are requested from Keycloak; invented names are not.
func TestOnlyKnownNamesAreSent(t *testing.T) {
	w := &wire{}
	need := directory.Fields{Only: []string{"title", "grace"}}
	if _, err := on(w, profile.Stock()).Get(t.Context(), one, need); err != nil {
		t.Fatal(err)
	}
	if got := w.last.URL.Query().Get("attributes"); got != "title,userName" {
		t.Errorf("asked for %s", got)
	}
}
