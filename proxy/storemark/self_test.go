package storemark_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/storemark"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// An account marks its own user; what else the user has stays, and nothing of it is visible through
// SCIM.
func TestMark(t *testing.T) {
	r := kctest.NewRealm(t)
	client := keycloak.NewClient(r.Server.URL, http.DefaultTransport, time.Minute, 16)
	account := func(id string, roles ...string) storemark.Self {
		secret := r.ServiceAccount(id, roles...)
		return storemark.Self{Account: keycloak.NewAccount(client, r.Name, id, func() (string, error) { return secret, nil }, time.Now)}
	}
	a := account("scim", "manage-users")
	for _, mark := range []string{"", "one", "two"} {
		if mark != "" {
			if err := a.SetMark(t.Context(), mark); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := a.Mark(t.Context()); err != nil || got != mark {
			t.Errorf("%q %v, want %q", got, err, mark)
		}
	}
	if _, err := account("reader", "query-users").Mark(t.Context()); !errors.Is(err, storemark.ErrNoMark) {
		t.Error(err)
	}
	token, err := a.Account.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if list := r.SCIM(token, "GET", "/Users", ""); !strings.Contains(string(list.Body), `"totalResults":0`) {
		t.Errorf("%s", list.Body)
	}
}
