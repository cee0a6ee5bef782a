// Package meter bounds the bytes that all running requests hold at the same time.
//
// A request has a Share, which travels in its context. Code that is about to hold something large
// takes bytes from it, and gives them back or leaves that to the end of the request. If the sum
// over all requests would exceed the limit, Take fails, and the request is refused with 503;
// otherwise the process would run out of memory and all requests would fail.
//
// The first MiB of each request is not counted. The requests of one caller may hold a quarter of
// the limit together, so that one caller cannot use all of it.
//
// It does not know the layers, HTTP or SCIM.
package meter
