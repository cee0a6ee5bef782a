// Package setup has the steps that an administrator of an identity provider follows to connect it:
// where to click, what goes into which field, and what to leave out.
//
// It is plain text with the base URL filled in. A statement about a provider comes from a source,
// which its file names; docs/idps is written from it. This package must not know how
// requests are understood: that is adapters.
package setup
