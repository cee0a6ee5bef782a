// Package scim is the vocabulary of the program: what RFC 7643, RFC 7644 and RFC 9865 name, and pure operations over it.
//
// It owns resources (immutable JSON documents), attribute paths, filters, PATCH operations, schemas, errors, the calls that
// a request is decoded into, and the two interfaces that everything else is built between:
//
//	Service    Do(ctx, Call) (Answer, error)                 one decoded request
//	Directory  Able Create Get List Update Join Delete       what a room stands on and what it offers
//
// It must not know HTTP machinery, Keycloak, any identity provider, a clock, a logger or the network. It is one package because the
// grammar is mutually recursive: a PATCH path contains a filter, and a filter contains paths.
package scim
