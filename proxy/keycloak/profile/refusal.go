package profile

import "regexp"

// From Keycloak 26.8 on, a change that the user profile refuses is expected to be 400 whatever is
// wrong, and the detail is a message or the key of one.
var (
	taken     = regexp.MustCompile(`(?i)^(username|email)ExistsMessage$|already exists|exists with same`)
	fixedName = regexp.MustCompile(`(?i)^The field username is read ?only|^readOnlyUsernameMessage$`)
)

// Taken reports whether the detail of a 400 says that another resource has the value.
func Taken(detail string) bool { return taken.MatchString(detail) }

// FixedName reports whether the detail of a 400 says that the realm does not let users be renamed.
func FixedName(detail string) bool { return fixedName.MatchString(detail) }
