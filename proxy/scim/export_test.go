package scim

// Mistyped is exported to the tests because no schema of RFC 7643 has an integer or a decimal.
func Mistyped(kind, raw string) string { return mistyped(kind, raw) }
