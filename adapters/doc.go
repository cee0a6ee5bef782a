// Package adapters translates the requests of each identity provider into standard SCIM. A dialect
// is a short ordered list of rules; a rule is a small pure function with a name and its evidence.
//
// A rule may change anything in a request, also its method, so that no other package needs to know
// a vendor. A rule never guesses: if it cannot correct something, it leaves it as it is, and the
// strict reader (protocol.Decoder) refuses it with 400.
//
// This package does not know the layers, Keycloak, the store, or anything of HTTP except URLs and
// the two headers by which DetectProvider recognises a provider.
package adapters
