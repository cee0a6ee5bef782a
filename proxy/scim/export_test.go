package scim

// Mistyped is exported to the tests because no schema of RFC 7643 has an integer or a decimal.
func Mistyped(kind, raw string) string { return mistyped(kind, raw) }

// Canonical is exported to the tests because versions, which callers keep, are hashes of it.
func Canonical(raw string) string { return canonical(raw) }
