// Package revoked shares revocations of tokens between processes that have separate files of
// tenants and one store.
//
// A revocation names the hash of a token, so that another token with the same key id is not
// concerned. Revocations have ascending numbers without gaps as their ids, so that a process that
// has read some reads only those that follow. It reads the last one again each time: if that is
// gone, the store is another one, and all are read.
//
// A revocation that a process has read once holds until the process ends, whatever becomes of the
// store.
//
// It does not know the configuration, HTTP or what a tenant is.
package revoked
