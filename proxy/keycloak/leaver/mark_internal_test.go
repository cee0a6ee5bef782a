package leaver

import (
	"fmt"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/scim/document"
)

// Only what a DELETE has parked, and no administrator has changed since, is deleted after the
// grace time.
func TestParkedOn(t *testing.T) {
	day := time.Date(2026, 11, 26, 23, 0, 0, 0, time.FixedZone("", -3600*5)) // the 27th in UTC
	for name, c := range map[string]struct {
		userName, mail, active string
		leaver, parked         bool
	}{
		"parked":                        {"parked-u", marked(parked, "u", day), "false", true, true},
		"parked, the name is shown as":  {marked(parked, "u", day), marked(parked, "u", day), "false", true, true},
		"deactivated":                   {"ada", marked(deactivated, "u", day), "false", true, false},
		"renamed":                       {"ada", marked(parked, "u", day), "false", true, false},
		"made active":                   {"parked-u", marked(parked, "u", day), "true", true, false},
		"of another user":               {"parked-v", marked(parked, "v", day), "false", true, false},
		"without a day":                 {"parked-u", "parked-u@x.leaver.invalid", "false", true, false},
		"an address":                    {"parked-u", "parked-u@example.com", "false", false, false},
		"no address":                    {"parked-u", "", "false", false, false},
		"the domain in capital letters": {"ada", "x@y.LEAVER.Invalid", "false", true, false},
	} {
		user := document.Must(fmt.Sprintf(`{"id":"u","userName":%q,"active":%s,"emails":[{"value":%q}]}`, c.userName, c.active, c.mail))
		at, was := parkedOn(user)
		if isLeaver(user) != c.leaver || was != c.parked || was && at.Format(time.DateOnly) != "2026-11-27" {
			t.Errorf("%s: leaver %t, parked %t on %s", name, isLeaver(user), was, at)
		}
	}
}
