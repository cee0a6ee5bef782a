// Package bulk runs many calls through one Service (RFC 7644 section 3.7).
//
//	Parse     the envelope: what is wrong with it fails the request             (request.go)
//	decode    each operation into a Call, by the session's own decoder; what is wrong is that operation's 400  (decode.go)
//	prove     once for each kind of operation that the caller may do it          (runner.go)
//	arrange   operations into units and the order between them; a circle of references is one unit             (plan.go, circles.go)
//	schedule  units side by side, a unit when what it waits for is done          (schedule.go)
//	perform   a unit through the session's own Service                           (perform.go)
//
// It must not know HTTP, base URLs, rooms or Keycloak: an operation reaches what a single request with the same Service reaches, and
// nothing else.
package bulk
