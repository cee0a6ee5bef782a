// Package adapters says what each identity provider's requests mean: small, named, pure rules over the whole wire request, and one short
// ordered list of them per provider.
//
// A rule may change anything in a request, the method too, so that nothing further in needs to know a vendor. What a rule cannot make right is
// left as it is and answered with a 400 by the strict reader: never a guess. Every rule names its evidence.
//
// It must not know rooms, Keycloak, the store or HTTP beyond a URL and two headers that mark a provider.
package adapters
