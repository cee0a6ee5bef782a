// Package drift finds what was changed in Keycloak beside the proxy: by its console, or by other
// programs.
//
//	Find     walks a tenant and compares it with the last intent   (find.go, check.go)
//	intents  are what the calls of the journal wanted last         (intent.go)
//	Reapply  makes the last intent so, by ordinary calls           (reapply.go)
//
// The last intent of an attribute is the newest entry's new value in the journal, or the requested
// value that the store keeps. An attribute without either has none, so a change of it is not found.
// Attributes that Keycloak makes from others have none either.
//
// A difference is only a suspicion, because providers write during a walk. Each is checked again
// while its resource is locked, with its entries read again. While one of them is open, nothing is
// decided.
package drift
