package soak

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// model is what a tenant's directory must be, one text per user and group.
func (t *tenant) model() (users, groups []string) {
	for _, p := range t.providers {
		for _, u := range p.users {
			users = append(users, u.String())
		}
		for _, g := range p.groups {
			groups = append(groups, g.String())
		}
	}
	return users, groups
}

// compare reads the whole directory of a tenant through a replica, and fails the test for each user
// and group that is not in the model, and for each that is missing.
func (t *tenant) compare(test *testing.T, w *world, to *replica, r *report) {
	test.Helper()
	c := newClient(w, t, r)
	c.replicas = []*replica{to}
	wantUsers, wantGroups := t.model()
	same(test, t.name+" users by "+to.url, wantUsers, t.all(test, c, "/Users", shownUser))
	same(test, t.name+" groups by "+to.url, wantGroups, t.all(test, c, "/Groups", shownGroup))
}

// all reads an endpoint page by page. Lists of groups need not have members, so each is read.
func (t *tenant) all(test *testing.T, c *client, endpoint string, show func(object) string) []string {
	test.Helper()
	var out []string
	for start := 1; ; {
		var page []object
		err := repeat(test.Context(), func(int) (err error) {
			page, _, err = c.list(test.Context(), fmt.Sprintf("%s?count=10&startIndex=%d", endpoint, start))
			return err
		})
		if err != nil {
			test.Errorf("%s: %v", t.name, err)
		}
		if len(page) == 0 {
			return out
		}
		for _, o := range page {
			path := endpoint + "/" + text(o["id"])
			err := repeat(test.Context(), func(int) error {
				a, err := c.want(test.Context(), http.MethodGet, path, nil, http.StatusOK)
				if err == nil {
					out = append(out, show(a.body))
				}
				return err
			})
			if err != nil {
				test.Errorf("%s is listed: %v", path, err)
			}
		}
		start += len(page)
	}
}

// compareKeycloak asks Keycloak itself, as its administrator, which users the tenant has, and
// whether they are enabled.
func (t *tenant) compareKeycloak(test *testing.T) {
	test.Helper()
	path := "/users?max=5000"
	if t.group != nil {
		path = "/groups/" + t.group.Group + "/members?max=5000"
	}
	var there []struct {
		ID, Username string
		Enabled      bool
	}
	if a := t.realm.Admin("GET", path, ""); json.Unmarshal(a.Body, &there) != nil {
		test.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
	var shown, want []string
	for _, u := range there {
		shown = append(shown, fmt.Sprint(u.ID, " ", strings.ToLower(u.Username), " ", u.Enabled))
	}
	for _, p := range t.providers {
		for _, u := range p.users {
			want = append(want, fmt.Sprint(u.id, " ", u.userName, " ", u.active))
		}
	}
	same(test, t.name+" users in Keycloak", want, shown)
}

// same fails the test for each text that is in one list only, or twice in shown.
func same(test *testing.T, what string, want, shown []string) {
	test.Helper()
	missing := map[string]int{}
	for _, w := range want {
		missing[w]++
	}
	for _, s := range shown {
		missing[s]--
	}
	for _, s := range slices.Sorted(maps.Keys(missing)) {
		switch n := missing[s]; {
		case n > 0:
			test.Errorf("%s: lost: %s", what, s)
		case n < 0:
			test.Errorf("%s: not in the model: %s", what, s)
		}
	}
	test.Logf("%s: %d shown, %d in the model", what, len(shown), len(want))
}
