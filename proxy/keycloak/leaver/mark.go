package leaver

import (
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

var (
	userName = scim.AttrPath{Name: "userName"}
	active   = scim.AttrPath{Name: "active"}
	emails   = scim.AttrPath{Name: "emails"}
	address  = scim.AttrPath{Name: "emails", Sub: "value"}
)

const (
	// domain is the end of the address of each leaver. No real address ends with it (RFC 2606).
	domain = ".leaver.invalid"
	// parked and deactivated begin the address of a leaver, before its id.
	parked, deactivated = "parked-", "deleted-"
)

// marked has the address of a leaver.
func marked(kind, id string, day time.Time) string {
	return kind + id + "@" + day.UTC().Format(time.DateOnly) + domain
}

// Reserved reports whether an address is that of a leaver.
func Reserved(mail string) bool {
	return strings.HasSuffix(document.Lower(document.Trim(mail)), domain)
}

// isLeaver reports whether a user, with its e-mail addresses, is a leaver.
func isLeaver(shown scim.Resource) bool { return Reserved(profile.Address(shown.Get(emails))) }

// parkedOn returns the day on which the DELETE has parked a user. It reports false for any other
// user, also for one that an administrator has changed since.
func parkedOn(shown scim.Resource) (time.Time, bool) {
	mail, name := profile.Address(shown.Get(emails)), document.Text(shown.Get(userName))
	at := strings.IndexByte(mail, '@')
	if at < 0 || shown.Get(active) == "true" || mail[:at] != parked+shown.ID() || name != parked+shown.ID() && name != mail {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, strings.TrimSuffix(mail[at+1:], domain))
	return day, err == nil
}

// leavers is the filter that finds all leavers, and only them.
var leavers = scim.Compare{Attr: address, Op: scim.Ew, Value: document.Quote(domain)}

// others is the filter that finds all users but leavers. A negation alone misses users without an
// address (measured).
var others = scim.Not{Term: scim.And{Terms: []scim.Filter{scim.Present{Attr: address}, leavers}}}

// withoutLeavers adds to a filter on users, which may be nil, that they are not leavers.
func withoutLeavers(f scim.Filter) scim.Filter {
	if f == nil {
		return others
	}
	return scim.And{Terms: []scim.Filter{f, others}}
}

// filterLength is how many bytes withoutLeavers adds to a filter.
var filterLength = len("() and ") + len(others.String())
