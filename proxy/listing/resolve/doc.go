// Package resolve gives the names and literals of a query the meaning that the schemas give them:
// an unknown name or a literal of the wrong type is an error, not an empty list, because an
// identity provider that gets an empty list creates a duplicate.
package resolve
