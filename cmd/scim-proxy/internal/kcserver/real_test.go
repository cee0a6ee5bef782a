package kcserver_test

import (
	"net/http"
	"testing"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/kcserver"
	"keycloak-scim-proxy/test/kctest"
)

func TestKilledServerKeepsItsData(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a real Keycloak: not under -short")
	}
	s, err := kcserver.Start(t.Context(), kcserver.Options{DataDir: t.TempDir() + "/with space", Own: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if answers(t, s.URL) {
			t.Error("it answers after Stop")
		}
	})
	realm := kctest.On(t, &kctest.Keycloak{URL: s.URL, AdminUser: s.AdminUser, AdminPassword: s.AdminPassword})
	secret := realm.ServiceAccount("scim", "manage-users")
	url := s.URL
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if answers(t, url) {
		t.Fatal("it answers after Kill")
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.URL != url {
		t.Errorf("restarted at %s, was at %s", s.URL, url)
	}
	if a := realm.SCIM(realm.Token("scim", secret), "GET", "/Users?count=0", ""); a.Status != http.StatusOK {
		t.Errorf("SCIM after the restart: %d %s", a.Status, a.Body)
	}
}

func answers(t *testing.T, url string) bool {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url+"/realms/master", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return res.Body.Close() == nil
}
