// Package reach deals with a Keycloak that does not answer. A Circuit notices that Keycloak is gone
// and that it is back. Repeat sends a request that changes nothing once more if its connection
// breaks.
//
// A request that got no answer proves nothing by itself: it may be slow, or its realm may be
// broken. So requests only raise the question, and a probe, which concerns no tenant, answers it.
// No caller can open the circuit for others.
//
// It does not know what the requests are for, and refuses none: it reports to its owner.
package reach
