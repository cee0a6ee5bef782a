// Package protocol turns requests into calls: Request is a request as an identity provider sent it,
// the rules of a Dialect bring it into standard form, and Decode reads it strictly into one Call.
// Service is the interface that answers a Call.
//
// A request is parsed once. The hooks of all rules change the parsed form, which is then written
// once and read by Decode. Decode is the same for single requests and for the operations of a bulk
// request.
//
// The package does not know identity providers, HTTP headers or layers. It uses Query and Page of
// package directory in List and Answer.
package protocol
