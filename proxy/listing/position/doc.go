// Package position says where a walk over resources stands: how values are ordered, and the cursors
// that hold a position between two pages (RFC 9865).
//
// A position is the key and the id of the last resource, or a text of the directory below. It names
// no page, so that it stays right while others create and delete.
package position
