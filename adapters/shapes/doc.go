// Package shapes has the forms in which each identity provider writes: the create of a user, the
// change of some attributes, the switch of active, and the changes of a group, as the provider's
// documentation shows them. docs/idps.md lists the sources.
//
// It builds requests, and adapters reads them: neither knows the other, so that the one can test
// the other. It sends nothing.
package shapes
