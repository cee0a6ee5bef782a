package keycloak

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
)

// twoAPIs is a Keycloak with 40 users, which its Admin REST API may show in another way or refuse.
type twoAPIs struct {
	mu          sync.Mutex
	admin       int            // the status of the Admin REST API
	lastName    map[int]string // of a user there, if it is not that of the SCIM API; "-" hides the user
	federated   int            // this user is imported
	hidden      bool           // active is shown only with the names
	scim, other int            // calls
}

func (k *twoAPIs) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	answer := func(status int, body string) (*http.Response, error) {
		return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
	var rows []string
	if strings.HasPrefix(r.URL.Path, "/admin/") {
		if k.other++; k.admin != 200 {
			return answer(k.admin, `{"error":"no"}`)
		}
		for i := range 40 {
			family := fmt.Sprintf("F%d", i)
			if other, ok := k.lastName[i]; ok {
				family = other
			}
			link := ""
			if i == k.federated {
				link = `,"federationLink":"ldap"`
			}
			if id := fmt.Sprintf("u%02d", i); family != "-" && strings.Contains(r.URL.Query().Get("search"), id) {
				rows = append(rows, fmt.Sprintf(`{"id":%q,"username":%q,"firstName":"G","lastName":%q%s}`, id, id, family, link))
			}
		}
		return answer(200, "["+strings.Join(rows, ",")+"]")
	}
	k.scim++
	for i := range 40 {
		row := fmt.Sprintf(`{"id":"u%02d"`, i)
		asked := strings.Split(r.URL.Query().Get("attributes"), ",")
		withNames := slices.Contains(asked, "name")
		if withNames || !k.hidden {
			row += `,"active":true`
		}
		if slices.Contains(asked, "userName") {
			row += fmt.Sprintf(`,"userName":"u%02d"`, i)
		}
		if withNames {
			row += fmt.Sprintf(`,"name":{"formatted":"G F%d","givenName":"G","familyName":"F%d"}`, i, i)
		}
		rows = append(rows, row+"}")
	}
	return answer(200, fmt.Sprintf(`{"totalResults":40,"Resources":[%s]}`, strings.Join(rows, ",")))
}

// Values come from the Admin REST API only while it shows what the SCIM API shows, and only for
// callers who may use it. Otherwise the answer is that of the SCIM API.
func TestValuesComeFromWhereTheyAreRight(t *testing.T) {
	for name, c := range map[string]struct {
		keycloak    *twoAPIs
		pages       int
		scim, other int // calls for the pages
		differs     int
	}{
		"the first page is compared":        {&twoAPIs{}, 1, 2, 1, 0},
		"the next ones are trusted":         {&twoAPIs{}, 51, 52, 51, 0},
		"one of fifty is compared again":    {&twoAPIs{}, 52, 54, 52, 0},
		"a refusal is remembered":           {&twoAPIs{admin: 403}, 5, 6, 1, 0},
		"so is a token that is not taken":   {&twoAPIs{admin: 401}, 5, 6, 1, 0},
		"an error is asked for again":       {&twoAPIs{admin: 503}, 3, 6, 3, 0},
		"many errors end it":                {&twoAPIs{admin: 404}, 9, 13, 4, 0},
		"a difference ends it":              {&twoAPIs{lastName: map[int]string{39: "other"}}, 5, 7, 2, 1},
		"a hidden user is no proof":         {&twoAPIs{lastName: map[int]string{39: "-"}}, 3, 6, 3, 0},
		"users that stay hidden end it":     {&twoAPIs{lastName: map[int]string{39: "-"}}, 9, 13, 4, 0},
		"users who look hidden end it":      {&twoAPIs{hidden: true}, 5, 7, 2, 1},
		"users of a federation are no rows": {&twoAPIs{federated: 1}, 9, 13, 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if c.keycloak.admin == 0 {
				c.keycloak.admin = 200
			}
			if c.keycloak.federated == 0 {
				c.keycloak.federated = -1
			}
			differs := 0
			client := NewClient("http://keycloak.example", c.keycloak, time.Minute, 4)
			client.Differs = func(string, string) { differs++ }
			p, err := profile.Parse([]byte(`{"attributes":[{"name":"username"},{"name":"email"},{"name":"firstName"},{"name":"lastName"}]}`))
			if err != nil {
				t.Fatal(err)
			}
			r := NewRealm(client, "r", Caller("token"), p)
			for range c.pages {
				page, err := r.List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 100})
				if err != nil || len(page.Resources) != 40 || page.Total != 40 {
					t.Fatalf("%v, %d of %d", err, len(page.Resources), page.Total)
				}
				for i, one := range page.Resources {
					want := fmt.Sprintf(`"F%d"`, i)
					if got := one.Get(scim.AttrPath{Name: "name", Sub: "familyName"}); got != want || one.Raw("userName") == "" || page.Resume[i] != fmt.Sprintf("nu%02d", i) {
						t.Fatalf("%s, want %s", one, want)
					}
				}
			}
			if c.keycloak.scim != c.scim || c.keycloak.other != c.other || differs != c.differs {
				t.Errorf("%d calls to SCIM, %d to Admin REST, %d differences; want %d, %d, %d", c.keycloak.scim, c.keycloak.other, differs, c.scim, c.other, c.differs)
			}
		})
	}
}

// A refusal of one caller does not count for another.
func TestRefusalsBelongToACaller(t *testing.T) {
	k := &twoAPIs{admin: 403, federated: -1}
	p, err := profile.Parse([]byte(`{"attributes":[{"name":"username"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	client := NewClient("http://keycloak.example", k, time.Minute, 4)
	for _, token := range []string{"one", "one", "two"} {
		if _, err := NewRealm(client, "r", Caller(token), p).List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 100}); err != nil {
			t.Fatal(err)
		}
	}
	if k.other != 2 {
		t.Errorf("%d calls to Admin REST, want one for each caller", k.other)
	}
}
