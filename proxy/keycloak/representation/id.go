package representation

import "regexp"

// idSyntax matches ids: UUIDs, or "f:<provider>:<external id>" for federated users.
var idSyntax = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:@+=~-]{0,254}$`)

// ValidID reports whether a text can be an id. Other texts must not become part of a URL.
func ValidID(id string) bool { return idSyntax.MatchString(id) }

// NoID is a valid id that no resource has.
const NoID = "00000000-0000-0000-0000-000000000000"
