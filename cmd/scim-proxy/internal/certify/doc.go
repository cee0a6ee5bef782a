// Package certify checks a SCIM server requirement by requirement: RFC 7643, 7644 and 9865, the
// SCIM interoperability profile, the OpenID IPSIE AL SCIM profile, and what Microsoft and Okta
// publish for tests. The requirements are data in the packages below it.
//
// It must not know the proxy: it works with any SCIM server. It names everything that it makes
// with a prefix of the run, and removes it at the end, also if the run is interrupted.
package certify
