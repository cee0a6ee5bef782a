package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/drift"
)

// TestDrift edits users and groups by Keycloak's console while a provider writes. A walk at the
// same time names every edit, and nothing else; a reapply takes them back.
func TestDrift(t *testing.T) {
	for _, group := range []bool{false, true} {
		t.Run(fmt.Sprintf("group=%t", group), func(t *testing.T) {
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			c := churned(t, group, seed)
			victims, members := c.victims(8), ""
			for _, id := range victims[4:] {
				members += `,{"value":"` + id + `"}`
			}
			_, a := c.do("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Victims","members":[`+members[1:]+`]}`)
			g := gjson.Get(a, "id").String()
			for range 30 {
				c.call()
			}
			stop, ended := make(chan struct{}), make(chan struct{})
			go func() { // the provider goes on, also with other attributes of the victims
				defer close(ended)
				for {
					select {
					case <-stop:
						return
					default:
						c.call()
						c.do("PATCH", "/Users/"+pick(c.rnd, victims...), patch(`{"op":"replace","path":"nickName","value":`+c.text()+`}`))
					}
				}
			}()
			admin := func(method, path, body string) {
				if a := c.w.realm.Admin(method, path, body); a.Status != 204 {
					t.Errorf("%s: %d %s", path, a.Status, a.Body)
				}
			}
			var want []string
			for i, id := range victims[:3] {
				admin("PUT", "/users/"+id, fmt.Sprintf(`{"lastName":"Console%d"}`, i))
				want = append(want, fmt.Sprintf(`changed %s name.familyName "Victim" "Console%d" `, id, i))
			}
			admin("PUT", "/users/"+victims[3], `{"enabled":false}`)
			want = append(want, "changed "+victims[3]+" active true false ")
			admin("DELETE", "/users/"+victims[4]+"/groups/"+g, "")
			admin("PUT", "/users/"+victims[0]+"/groups/"+g, "")
			want = append(want, "left "+g+" members   "+victims[4], "joined "+g+" members   "+victims[0])
			admin("DELETE", "/users/"+victims[5], "")
			want = append(want, "gone "+victims[5]+"    ")
			report := c.drifts()
			close(stop)
			<-ended
			if diff := cmp.Diff(sorted(want), sorted(described(report))); diff != "" {
				t.Errorf("during churn: %s", diff)
			}
			report = c.drifts()
			if diff := cmp.Diff(sorted(want), sorted(described(report))); diff != "" || report.Undecided > 0 || report.Drifted != 6 {
				t.Errorf("after churn: %s%+v", diff, report)
			}
			if _, _, err := drift.Reapply(t.Context(), c.place(), report, drift.Options{}); err != nil {
				t.Error(err)
			}
			if got := described(c.drifts()); !slices.Equal(got, []string{"gone " + victims[5] + "    "}) {
				t.Errorf("after the reapply: %q", got)
			}
		})
	}
}

// victims are users that random calls do not name.
func (c *churn) victims(n int) (ids []string) {
	for i := range n {
		status, a := c.do("POST", "/Users", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"victim%d","externalId":"v%d","active":true,"name":{"givenName":"V","familyName":"Victim"},"emails":[{"value":"victim%d@example.com","primary":true}]}`, i, i, i))
		if status != 201 {
			c.t.Fatal(status, a)
		}
		ids = append(ids, gjson.Get(a, "id").String())
	}
	return ids
}

func (c *churn) drifts() drift.Report {
	c.t.Helper()
	r, err := drift.Find(c.t.Context(), c.place(), drift.Options{Page: 20})
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func described(r drift.Report) (rows []string) {
	for _, row := range r.Rows {
		rows = append(rows, strings.Join([]string{string(row.Kind), row.ID, row.Attribute, row.Intended, row.Shown, row.User}, " "))
	}
	return rows
}
