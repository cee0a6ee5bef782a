// Package listing finishes a List: it makes the answer to a query right, whatever the directory below can do itself.
//
// It owns the meaning of filters over several places where attributes live, sorting, pages and cursors. It is given the index as a function
// and must not know the store, dialects or HTTP. It names no vendor: directory.Capabilities says what the directory below decides and accepts.
//
//	resolve     names and literals: what cannot be meant is 400, never an empty list, because an identity provider that reads "nobody"
//	            creates a duplicate
//	candidates  `eq` on an indexed attribute: a few resources are read and judged
//	stitch      what the directory below decides rightly, in its own order: its pages put together
//	scan        everything else: a walk over narrow rows, decided here; only the page that is returned is read whole
//	cursor      pages that lose nobody while others create and delete (RFC 9865)
//
// Bounds. The resources of a page have at most Limits.Bytes in all, and what is read whole is taken from the request's share of memory
// (meter). A scan looks at no more than Limits.Scan rows (400 tooMany), and ends with the request's deadline. At most Limits.InFlight
// reads run at the same time.
//
// Failure story. It writes nothing. An index that names somebody who is gone or has changed is found out by reading and judging, and the
// slow way is taken then.
package listing
