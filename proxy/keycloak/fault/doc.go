// Package fault names what keeps the proxy's own account from working until a person acts: a wrong
// URL, secret, client or realm, a missing audience or role, a SCIM API that is switched off. It
// recognises these causes in Keycloak's answers and says what to do about each.
//
// A cause is permanent only if an answer proves it. What may pass by itself (no connection, a
// time-out, a status of 500 or more) is not a fault. Nothing is remembered here: the next request
// asks Keycloak again, so it succeeds as soon as the cause is gone.
//
// It does no I/O, and knows neither credentials nor the wire.
package fault
