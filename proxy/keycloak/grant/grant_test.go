package grant_test

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/keycloak/clientkey"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/grant"
)

var errLost = errors.New("no answer")

func counter() func() string {
	n := 0
	return func() string {
		n++
		return strconv.Itoa(n)
	}
}

func TestSecret(t *testing.T) {
	m := grant.Secret(func() (string, error) { return "s", nil })
	f, cause, err := m.Form(t.Context(), grant.Client{ID: "c"})
	if got := f.Encode(); err != nil || cause != "" || got != "client_id=c&client_secret=s&grant_type=client_credentials" {
		t.Error(got, cause, err)
	}
	m = grant.Secret(func() (string, error) { return "", errLost })
	if _, cause, err := m.Form(t.Context(), grant.Client{ID: "c"}); cause != fault.Secret || !errors.Is(err, errLost) {
		t.Error(cause, err)
	}
}

// Each request has another assertion. The issuer is read once in IssuerAge, and after a refusal.
func TestKey(t *testing.T) {
	key, err := clientkey.Generate(clientkey.ES256)
	if err != nil {
		t.Fatal(err)
	}
	m := grant.Key(func() (clientkey.Key, error) { return key, err }, counter())
	asked, now := 0, time.Unix(1_800_000_000, 0)
	seen := map[string]bool{}
	form := func() url.Values {
		t.Helper()
		f, cause, err := m.Form(t.Context(), grant.Client{ID: "c", Now: now, Issuer: func(context.Context) (string, error) { asked++; return "https://issuer", nil }})
		if err != nil || cause != "" {
			t.Fatal(cause, err)
		}
		if text := f.Get("client_assertion"); seen[text] || text == "" || f.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || f.Get("client_id") != "c" || f.Has("client_secret") {
			t.Errorf("%v", f)
		} else {
			seen[text] = true
		}
		return f
	}
	for i, row := range []struct {
		later   time.Duration
		refused bool
		asked   int
	}{{0, false, 1}, {0, false, 1}, {grant.IssuerAge - 1, false, 1}, {1, false, 2}, {0, true, 3}, {0, false, 3}} {
		if now = now.Add(row.later); row.refused {
			if cause := m.Refused(400, []byte(`{"error":"invalid_client","error_description":"Invalid token audience"}`)); cause != "" {
				t.Error(cause)
			}
		}
		if form(); asked != row.asked {
			t.Errorf("%d: the issuer was read %d times, want %d", i, asked, row.asked)
		}
	}
}

// A key that cannot be read is the operator's; an issuer that cannot be read may be there later.
func TestKeyWithout(t *testing.T) {
	m := grant.Key(func() (clientkey.Key, error) { return clientkey.Key{}, errLost }, counter())
	if _, cause, err := m.Form(t.Context(), grant.Client{ID: "c"}); cause != fault.Key || !errors.Is(err, errLost) {
		t.Error(cause, err)
	}
	key, err := clientkey.Generate(clientkey.ES256)
	m = grant.Key(func() (clientkey.Key, error) { return key, err }, counter())
	if _, cause, err := m.Form(t.Context(), grant.Client{ID: "c", Issuer: func(context.Context) (string, error) { return "", errLost }}); cause != "" || !errors.Is(err, errLost) {
		t.Error(cause, err)
	}
}

// A token is used until 20 s before its end, or for half of a short life.
func TestRead(t *testing.T) {
	m := grant.Secret(nil)
	for _, row := range []struct {
		status int
		body   string
		use    time.Duration
		cause  fault.Cause
		fails  bool
	}{
		{200, `{"access_token":"t","expires_in":300}`, 280 * time.Second, "", false},
		{200, `{"access_token":"t","expires_in":30}`, 15 * time.Second, "", false},
		{200, `{}`, 0, fault.URL, true},
		{200, `<html>`, 0, fault.URL, true},
		{401, `{"error":"invalid_client","error_description":"x"}`, 0, fault.Client, true},
		{503, ``, 0, "", true},
	} {
		token, cause, err := grant.Read(m, row.status, []byte(row.body))
		if token.Use != row.use || cause != row.cause || (err != nil) != row.fails {
			t.Errorf("%d %s: %v %q %v", row.status, row.body, token.Use, cause, err)
		}
	}
}
