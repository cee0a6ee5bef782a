// Package protocol is what stands between HTTP and the layers: a Request as an identity provider
// wrote it, the rules of a Dialect that bring it into standard form, the strict reading into one
// Call, and Service, which answers a Call.
//
// A request is parsed once. The hooks of all rules run on the parsed form, which is written once,
// and then Decode reads it. Decode is the same for single requests and for the operations of a bulk
// request.
//
// It knows no identity provider, HTTP headers or layers. It shares Query and Page with package
// directory, because a List is answered by what it asks.
package protocol
