package keycloak

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
)

// renamed is a Keycloak in which u39 is renamed after the SCIM API was asked.
type renamed struct{ *twoAPIs }

func (k renamed) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := k.twoAPIs.RoundTrip(r)
	if err == nil && strings.HasPrefix(r.URL.Path, "/admin/") {
		b, _ := io.ReadAll(a.Body)
		a.Body = io.NopCloser(bytes.NewReader(bytes.ReplaceAll(b, []byte(`"username":"u39"`), []byte(`"username":"zz"`))))
	}
	return a, err
}

// A user who is renamed between the two reads of a page does not move the position of a walk.
func TestRenamedBetweenTheReads(t *testing.T) {
	p, err := profile.Parse([]byte(`{"attributes":[{"name":"username"},{"name":"firstName"},{"name":"lastName"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	p.Trust().Same()
	k := renamed{&twoAPIs{admin: 200, federated: -1}}
	page, err := NewRealm(NewClient("http://keycloak.example", k, time.Minute, 4), "r", Caller("token"), p).List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 40, Resumed: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := page.Resume[39]; got != "nu39" {
		t.Errorf("a walk resumes after %q: users between u39 and zz are skipped", got)
	}
}
