// Package journaling writes the entries of a journal.
//
//	Service    begins and ends the entry of a call            (service.go)
//	Directory  a layer that sees what a call changes          (layer.go, members.go)
//	Effect     what a call is about to do, for a policy       (effect.go)
//	Resolver   ends entries that a killed process left open   (resolve.go, look.go)
//
// The entry of a call travels in its context, so that the Service, above all policies, and the
// layer, below writing, have the same one.
package journaling
