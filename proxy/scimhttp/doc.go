// Package scimhttp is the door: limits, who is calling, reading once, answering, and the one pen for errors and locations.
//
// A request takes this way:
//
//	Handler   normalise and repair the URL, route by base (door.go, paths.go)
//	elsewhere what is not SCIM: refuse or pass on      (elsewhere.go)
//	enter     record, deadline, Gate -> Session        (door.go)
//	serve     target below the base, body, Decode      (serve.go, body.go)
//	          Service.Do
//	bulk      many operations in one body              (bulk.go)
//	write     status, headers, locations, projection, errors (write.go)
//
// It must not know rooms, Keycloak, the store, or dialects: what depends on the caller comes in the Session.
package scimhttp
