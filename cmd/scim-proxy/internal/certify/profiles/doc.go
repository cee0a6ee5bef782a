// Package profiles has the requirements of the SCIM 2.0 interoperability profile
// (draft-zollner-scim-interop-profile-01) and of the OpenID IPSIE AL SCIM 2.0 profile (draft 00).
// Both drafts number no sections; a clause is the heading of one.
package profiles
