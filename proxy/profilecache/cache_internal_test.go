package profilecache

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
)

// A realm's profile is requested once a minute, also by accounts that may not read it. Such an
// account uses the profile that another credential has read.
func TestProfileIsReadOncePerRealm(t *testing.T) {
	clock, asked := time.Now(), 0
	readable, settled := false, false
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/profile") {
			asked++
		}
		switch {
		case strings.HasSuffix(r.URL.Path, "/token"):
			_, _ = w.Write([]byte(`{"access_token":"t","expires_in":600}`))
		case readable && strings.HasSuffix(r.URL.Path, "/profile"):
			_, _ = w.Write([]byte(`{"attributes":[]}`))
		case readable && settled && strings.HasSuffix(r.URL.Path, "/r"):
			_, _ = w.Write([]byte(`{"registrationEmailAsUsername":true}`))
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer upstream.Close()
	now := func() time.Time { return clock }
	client := keycloak.NewClient(upstream.URL, http.DefaultTransport, time.Minute, 8)
	shared := New(client, "r", now)
	account := keycloak.NewAccount(client, "r", "c", func() (string, error) { return "s", nil }, now)
	read := func(cred keycloak.Credential) (*profile.Profile, int) {
		before := asked
		p, err := shared.Profile(t.Context(), cred)
		if err != nil {
			t.Fatal(err)
		}
		return p, asked - before
	}
	read(keycloak.Caller("x"))
	if _, n := read(account); n != 1 {
		t.Errorf("a refusal to a caller is taken for one to an account: read %d times", n)
	}
	if _, n := read(account); n != 0 {
		t.Errorf("an account that may not read the profile asks again: %d", n)
	}
	readable = true
	if partly, _ := read(keycloak.Caller("x")); shared.known == partly {
		t.Error("what a caller has read who may not read the realm's settings is shared")
	}
	settled = true
	known, n := read(keycloak.Caller("x"))
	if n != 1 {
		t.Errorf("a refusal to an account is taken for one to a caller: %d", n)
	}
	readable = false
	if p, n := read(account); n != 0 || p != known {
		t.Errorf("the profile that a caller has read is not shared: %d", n)
	}
	clock = clock.Add(Age)
	if p, n := read(account); n != 1 || p != known {
		t.Errorf("after a minute: read %d times, the known profile is kept: %v", n, p == known)
	}
	readable, settled = true, false
	clock = clock.Add(Age)
	if p, n := read(account); n != 1 || !p.Settled() || !p.Addressed() || shared.known != p {
		t.Errorf("an account that may not read the settings: read %d times, settled %t, addressed %t", n, p.Settled(), p.Addressed())
	}
}
