// Package limit bounds how often and how many at once the requests of a caller are served, before
// anything of a request but its caller is read.
//
//	Limiter.Enter   admits a request, or refuses it with 429 and Retry-After
//
// The rate is counted by the process first, so that a flood costs the shared counter nothing, and
// then by the counter that all replicas share, if there is one. If that does not answer, the
// process goes on with its own count, which each replica has in full. The number of requests at
// once is that of the process.
//
// It knows neither HTTP nor SCIM calls: a caller is a text, and its limits are data.
package limit
