package test

import (
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/undo"
)

// A parked user comes back with its id, its kept attributes and its groups, and is found again. If
// its name is taken meanwhile, it stays parked and is named. The undo can be undone.
func TestUndoDelete(t *testing.T) {
	c := churned(t, false, 1)
	_, a := c.do("POST", "/Users", adaBody)
	id := gjson.Get(a, "id").String()
	_, a = c.do("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Engines","members":[{"value":"`+id+`"}]}`)
	group := "/Groups/" + gjson.Get(a, "id").String()
	_, user := c.do("GET", "/Users/"+id, "")
	_, members := c.do("GET", group, "")
	since := time.Now()
	c.do("DELETE", "/Users/"+id, "")
	until := time.Now()
	_, a = c.do("POST", "/Users", adaBody)
	other := gjson.Get(a, "id").String()
	plan, result := c.undone(undo.Selection{Since: since, Until: until})
	if status, _ := c.do("GET", "/Users/"+id, ""); status != 404 || plan.Changes() != 2 || len(result.Left) != 2 {
		t.Errorf("with the name taken: %d %+v", status, result)
	}
	c.do("DELETE", "/Users/"+other, "")
	again := time.Now()
	if _, result := c.undone(undo.Selection{Since: since, Until: until}); len(result.Left) != 0 {
		t.Errorf("%+v", result)
	}
	if _, got := c.do("GET", "/Users/"+id, ""); got != user {
		t.Errorf("\n got %s\nwant %s", got, user)
	}
	if _, got := c.do("GET", group, ""); got != members {
		t.Errorf("\n got %s\nwant %s", got, members)
	}
	c.w.finds(t, `externalId eq "e-ada"`, 1)
	c.w.finds(t, `title eq "Countess"`, 1)
	if _, result := c.undone(undo.Selection{Since: again}); len(result.Left) != 0 {
		t.Errorf("%+v", result)
	}
	if status, _ := c.do("GET", "/Users/"+id, ""); status != 404 {
		t.Errorf("the undo is not undone: %d", status)
	}
}

// A user that a DELETE has deactivated comes back too. Its name was not free meanwhile.
func TestUndoDeactivation(t *testing.T) {
	c := churnedBy(t, false, "deactivate", 1)
	_, a := c.do("POST", "/Users", adaBody)
	id := gjson.Get(a, "id").String()
	_, a = c.do("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Engines","members":[{"value":"`+id+`"}]}`)
	group := "/Groups/" + gjson.Get(a, "id").String()
	_, user := c.do("GET", "/Users/"+id, "")
	_, members := c.do("GET", group, "")
	since := time.Now()
	c.do("DELETE", "/Users/"+id, "")
	if status, _ := c.do("GET", "/Users/"+id, ""); status != 404 {
		t.Errorf("after the DELETE: %d", status)
	}
	if _, result := c.undone(undo.Selection{Since: since}); len(result.Left) != 0 {
		t.Errorf("%+v", result)
	}
	if _, got := c.do("GET", "/Users/"+id, ""); got != user {
		t.Errorf("\n got %s\nwant %s", got, user)
	}
	if _, got := c.do("GET", group, ""); got != members {
		t.Errorf("\n got %s\nwant %s", got, members)
	}
	c.w.finds(t, `externalId eq "e-ada"`, 1)
}
