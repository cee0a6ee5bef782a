// Package issued makes bearer tokens of tenants while the proxy runs. Their hashes are in the
// store, so that every process of the store accepts them; they are valid beside those of files.
//
//	Token   an entry of the record of a tenant    (token.go)
//	Tokens  makes, revokes and finds tokens       (change.go, note.go, lookup.go, read.go)
//	Do      what operators do, as one request     (operate.go)
//
// # Freshness
//
// A process keeps the record of each tenant that it was asked about, and reads it again after 2
// seconds (Every) if it is asked again. So it sees a new or revoked token within 2 seconds, and any
// number of unknown tokens costs one reading for each tenant and 2 seconds. A token of a tenant
// that is not configured costs none.
//
// While the store cannot be read, what was read is used for 30 seconds. A token that is not among
// it has the error ErrUnread rather than tokens.ErrUnknown, because another process may have made
// it, and a provider that gets a 401 may stop for good. After 30 seconds all tokens have ErrUnread
// but those that are known to be revoked or expired.
//
// # Places
//
// A token names the place of its tenant, its realm and group. If the tenant has another place, the
// token is refused as a revoked one. So it does not let the former owner of a name into the realm
// of the next one.
package issued
