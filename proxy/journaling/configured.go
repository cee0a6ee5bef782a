package journaling

import (
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/store"
)

// Journals makes the journal of a space as configured. It is nil if there are none.
func Journals(c config.Journal, o journal.Options) func(s store.Space) *journal.Log {
	if c.Days == 0 {
		return nil
	}
	o.Values, o.Keep, o.Most = c.Values, time.Duration(c.Days)*24*time.Hour, c.Most
	return func(s store.Space) *journal.Log {
		o := o
		o.Space = s
		return journal.New(o)
	}
}
