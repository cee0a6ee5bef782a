// Package redis keeps records in Redis (6.2 or later, or a server that speaks the same protocol),
// one node, a master that sentinels watch, or a cluster, for a proxy that runs as several replicas.
//
// It owns the keys, the scripts, and the mapping of Redis errors. It must not know what records
// mean. It is the only package that imports go-redis.
//
//	<prefix>{<tenant>}:r:<id>    hash: rev, body, terms (codec.JoinTerms), save (name of the last save)
//	<prefix>{<tenant>}:ids       sorted set of all ids, scores 0, so in byte order
//	<prefix>{<tenant>}:terms     sorted set of codec.Entry(term, id), scores 0
//	<prefix>{<tenant>}:rev       the last revision
//	<prefix>{<tenant>}:l:<key>   string: the holder's token; expires
//	<prefix>{system}:probe       string: empty, set by Probe; expires
//	<prefix>{<name>}:rate        string: when the name's events so far are paid off; expires
//
// The braces put all keys of a tenant into one hash slot, so that scripts work in a cluster.
// Tenants, ids and lock keys are percent-encoded outside [A-Za-z0-9._:-], so no name can change the
// slot or reach another tenant.
//
// The index is one sorted set, not a set for each term, for two reasons. A script may touch only
// keys that it is given, and only the script itself knows the former terms of a record. And no term
// becomes the name of a key.
//
// Save, SaveAndDelete, Rewrite and Delete are scripts, Load is one pipeline of HMGET, Find one
// pipeline of ZRANGE BYLEX, Page is Scan and Load, and Spaces walks the key space by SCAN. In a
// cluster, two spaces may be on different nodes, so SaveAndDelete is two scripts there. If a
// connection breaks, go-redis sends a command again. That is safe: a save recognises itself by its
// name and a lock by its token, and a rewrite may be done twice.
//
// The least privileges of the user are the following. A single server does without the last two,
// database 0 without select, a store without waitReplicas without wait, and one without sentinels
// without role; only the commands store reseal, backup, restore and check need scan, and only the
// metrics of the size info.
//
//	ACL SETUSER scim on >password ~kscim:* -@all +hello +ping +select +eval +evalsha +hmget +hset +hget +del +zadd +zrem +zrange +get +set +pttl +time +scan +wait +role +info +cluster|slots +command
//
// Redis must not evict keys (maxmemory-policy noeviction) and must persist them (appendonly yes).
//
// # Failure story
//
// If the store is down, operations fail with ErrUnavailable after the time-outs of Options and a
// few tries. The pool connects again when the server is back.
//
// If the process is killed, a script runs completely or not at all. How durable an acknowledged
// write is depends on Redis: with appendfsync everysec the machine can lose up to one second of
// writes, with always none; a failover loses the writes that the replica had not received, unless
// Options.WaitReplicas asks for it. Revisions rise with the server's clock, so a save that is based
// on lost data conflicts instead of overwriting.
//
// Each connection that sentinels lead to asks for the role of the server, so that a replica never
// answers reads. It ends after 30 s, so that a master that was cut off from the sentinels is left.
//
// Three things are left behind: a lock whose holder died, for one lease (15 s), a lock whose answer
// was lost, until it expires, and in a cluster the records that a SaveAndDelete was about to
// delete.
package redis
