package events

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
)

// A SET has the claims of RFC 9967 for each kind of change, and no other.
func TestClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, polls(t, "crm"))
		for _, row := range []struct {
			e    journal.Entry
			want string
		}{
			{
				journal.Entry{Verb: "create", Type: scim.User, Target: "u1", After: `{"schemas":[],"id":"u1","userName":"anna","urn:example:User":{"badge":"7"},"meta":{}}`},
				`"/Users/u1" {"urn:ietf:params:scim:event:prov:create:notice":{"attributes":["id","userName","urn:example:User:badge"]}}`,
			},
			{
				journal.Entry{Verb: "patch", Type: scim.User, Target: "u1", Changes: []journal.Change{{Path: "active", Old: "true", New: "false"}, {Path: "name.givenName", New: `"Anna"`}}},
				`"/Users/u1" {"urn:ietf:params:scim:event:prov:deactivate":{},"urn:ietf:params:scim:event:prov:patch:notice":{"attributes":["active","name.givenName"]}}`,
			},
			{
				journal.Entry{Verb: "replace", Type: scim.User, Target: "u1", Changes: []journal.Change{{Path: "active", Old: "false", New: "true"}}},
				`"/Users/u1" {"urn:ietf:params:scim:event:prov:activate":{},"urn:ietf:params:scim:event:prov:put:notice":{"attributes":["active"]}}`,
			},
			{
				journal.Entry{Verb: "patch", Type: scim.Group, Target: "g/1", Added: []string{"u1"}, Removed: []string{"u2"}},
				`"/Groups/g%2F1" {"urn:ietf:params:scim:event:prov:patch:notice":{"attributes":["members"]}}`,
			},
			{
				journal.Entry{Verb: "delete", Type: scim.User, Target: "u1", Before: `{"userName":"anna"}`},
				`"/Users/u1" {"urn:ietf:params:scim:event:prov:delete":{}}`,
			},
			{
				journal.Entry{Verb: "undo", Type: scim.User, Target: "u1", After: `{"userName":"anna"}`},
				`"/Users/u1" {"urn:ietf:params:scim:event:prov:create:notice":{"attributes":["userName"]}}`,
			},
		} {
			row.e.Request = "req-1"
			e := w.happens(w.log, row.e)
			time.Sleep(90 * time.Second)
			r := w.ask("POST", "/events/crm", "Bearer crm-token", now)
			if len(r.Sets) != 1 {
				t.Fatal(r.body)
			}
			c := w.open(r.Sets[ids(r)[0]])
			events, _ := json.Marshal(c["events"])
			subject := c["sub_id"].(map[string]any)
			if got := fmt.Sprintf("%q %s", subject["uri"], events); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
			if c["iss"] != "https://scim.example.com" || c["aud"] != "https://crm.example.com" || c["txn"] != "req-1" || subject["format"] != "scim" || len(subject) != 2 ||
				c["iat"] != float64(time.Now().Unix()) || c["toe"] != float64(e.Ended.Unix()) || len(c) != 8 {
				t.Errorf("%v", c)
			}
			w.ask("POST", "/events/crm", "Bearer crm-token", `{"maxEvents":0,"ack":["`+ids(r)[0]+`"]}`)
		}
	})
}
