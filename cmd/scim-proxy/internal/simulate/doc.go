// Package simulate plays the documented conversation of an identity provider against any SCIM URL: probe, match, create, update, group push,
// deactivate, reactivate, delete. Every end state is checked by GET, with a plain reading of the answer, and what was made is removed.
//
// It must not know the proxy: the same run on a server without it shows what would break there.
package simulate
