// Package bulk runs many calls through one Service (RFC 7644 section 3.7).
//
//	Parse     reads the envelope; an error in it fails the request                        (request.go)
//	decode    reads each operation into a Call with the session's decoder; an error in it
//	          is that operation's 400                                                     (decode.go)
//	prove     checks, for each kind of operation, that the caller may do it               (prove.go)
//	plan      makes units and the order between them; a circle of references is one unit  (plan.go, circles.go)
//	schedule  runs units in parallel, each when the units that it waits for are done      (schedule.go)
//	perform   carries out a unit through the session's Service                            (perform.go)
//
// It does not know HTTP, base URLs, the layers or Keycloak: an operation can do only what a single
// request with the same Service can do.
package bulk
