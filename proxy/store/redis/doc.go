// Package redis keeps records in Redis (6.2 or later, or a server that speaks the same), one node or a cluster, for a proxy that runs
// as several replicas.
//
// It owns the keys, the scripts, and the mapping of Redis errors. It must not know what records mean. It is the only package that
// imports go-redis.
//
//	<prefix>{<tenant>}:r:<id>    hash: rev, body, terms (codec.JoinTerms), save (the name of the last save)
//	<prefix>{<tenant>}:ids       sorted set of all ids, scores 0, so in byte order
//	<prefix>{<tenant>}:terms     sorted set of codec.Entry(term, id), scores 0
//	<prefix>{<tenant>}:rev       the last revision
//	<prefix>{<tenant>}:l:<key>   string: the holder's token; expires
//	<prefix>{system}:probe       string: empty, set by Probe; expires
//
// The braces put all keys of a tenant into one hash slot, so that scripts work in a cluster; tenants, ids and lock keys are
// percent-encoded where they leave [A-Za-z0-9._:-], so no name can change the slot or reach another tenant. The index is one sorted set
// and not a set for each term, because a script may touch only keys that it is given, and the former terms of a record are known only
// inside; also no term becomes the name of a key.
//
// Save and Delete are scripts, Load is one pipeline of HMGET, Find one pipeline of ZRANGE BYLEX. go-redis sends again when a connection
// breaks; that is safe, because a save recognises itself by its name and a lock by its token. A user that may do no more than needed
// (a single server does without the last two, database 0 without select, and only scim-proxy store reseal needs scan):
//
//	ACL SETUSER scim on >password ~kscim:* -@all +hello +ping +select +eval +evalsha +hmget +hset +hget +del +zadd +zrem +zrange +get +set +pttl +time +scan +cluster|slots +command
//
// Redis shall not evict (maxmemory-policy noeviction) and shall persist (appendonly yes).
//
// # Failure story
//
// Store down: operations fail with ErrUnavailable after the time-outs of Options and few tries; the pool connects again by itself when
// the server is back. Killed in the middle: a script runs as a whole or not at all. What an acknowledgement means is Redis's own
// promise: with appendfsync everysec up to a second of acknowledged writes is lost with the machine, with always none; a failover
// loses what the replica had not received. Revisions rise with the server's clock, so a save that was made on lost
// data conflicts instead of overwriting. What is left behind: a lock whose holder died, for one lease (15 s), or whose answer was lost, until it expires.
package redis
