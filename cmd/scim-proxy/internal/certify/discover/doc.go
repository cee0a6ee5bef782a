// Package discover has the requirements on the discovery documents, on authentication, and on
// media types (RFC 7643 sections 5 to 8, RFC 7644 sections 2, 3.1, 3.12 and 4).
package discover
