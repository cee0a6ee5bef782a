// Package shapes has the forms in which each identity provider writes a user: its create, its
// change of some attributes, and its switch of active, as the provider's documentation shows them.
// docs/idps.md lists the sources.
//
// It builds requests, and adapters reads them: neither knows the other, so that the one can test
// the other. It sends nothing.
package shapes
