// Package filters decides a filter on a resource, and which part of a filter a directory may
// evaluate.
package filters
