// Package listing finishes a List: it makes the answer to a query right, whatever the directory below can do itself.
//
// It owns the meaning of filters over several places where attributes live. It is given the index as a function and must not know the
// store, Keycloak, dialects or HTTP.
//
// In this first form it answers: no filter; filters over attributes that the directory answers rightly, which are pushed down; and "eq" on
// indexed attributes (externalId, e-mail). Names are resolved first: an unknown core name is 400 invalidFilter, never an empty
// list, because an identity provider that reads "nobody" creates a duplicate. Everything else is an honest 501.
package listing
