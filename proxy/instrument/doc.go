// Package instrument measures what requests consist of: it decorates a Directory, and the spaces of
// a store, so that layers and engines need not know how they are measured.
//
// It decides nothing: arguments, results and errors pass unchanged.
package instrument
