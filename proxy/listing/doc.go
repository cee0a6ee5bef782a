// Package listing completes List: it gives the correct answer to every query, whatever the
// directory below supports.
//
// It owns the meaning of filters over attributes that are stored in several places, sorting, pages
// and cursors. It gets the index as a function and does not know the store, dialects or HTTP. It
// does not know a vendor either: directory.Capabilities says which filters the directory below
// evaluates correctly and accepts.
//
//	resolve     names and literals: an unknown name or a wrong literal is 400, not an empty list,
//	            because an identity provider that gets an empty list creates a duplicate
//	candidates  "eq" on an indexed attribute: a few resources are read and checked
//	inOrder     a query that the directory below evaluates correctly, in its own order: its pages
//	            are put together
//	kept        other filters, and ascending orders, on attributes that only the store has: the
//	            store names the resources, and those that may be answered are read and verified
//	scan        everything else: a walk that reads only the needed attributes and evaluates the
//	            query here; only the resources of the returned page are read whole
//	cursor      pages that miss no resource while others create and delete (RFC 9865); in an order
//	            other than the directory's own each page is a scan
//	everywhere  a search over all types: users, then groups, or both in one order
//
// Limits: the resources of a page have at most Limits.Bytes in total, and the memory of whole
// resources is counted for the request (package meter). A scan looks at no more than Limits.Scan
// resources (400 tooMany), and ends at the request's deadline. At most Limits.InFlight reads run at
// the same time.
//
// Failures: the package writes nothing. Resources that the index names are read and checked, so an
// index entry of a resource that is gone or has changed is detected. A stale entry of a unique name
// is followed by a query to the directory below.
package listing
