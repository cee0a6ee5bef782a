// Package tokenlife follows the tokens of tenants: when each was last used, and when it expires.
//
// A use is noted in memory, so that it never delays a request. Once a minute the uses since then
// are written to the store, one record per key. Replicas share the records; the latest time stays.
//
// Before a token expires there is a warning 30, 7 and 1 days before, and one when it has expired:
// once for each process.
//
// It knows neither tokens nor their hashes, only the names of keys.
package tokenlife
