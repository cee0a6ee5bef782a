// Package embedded keeps records in one bbolt file, for a proxy that runs as one process and needs
// no other server.
//
// It owns the file, its layout and its locks. It must not know what records mean. Only one process
// can open the file; several replicas need store/redis.
//
//	meta/format              "1"
//	meta/probe               the number of the transaction of the last Probe
//	tenants/<tenant>/
//	   records/<id>          revision (8 bytes, big endian), then codec.Pack(terms, body);
//	                         the bucket's sequence gives revisions
//	   terms/<entry>         codec.Entry(term, id), no value
//
// Writes that arrive while the disk is busy share the next transaction (see writer). So throughput
// grows with concurrency, and a single write does not wait. Measured with puts of 2 KiB on one
// virtual disk, the time of one put alone and of one among 64 concurrent puts:
//
//	this writer                   0.3 ms   0.04 ms
//	a transaction for each put    0.3 ms   0.3 ms
//	DB.Batch of bbolt             11 ms    0.2 ms   (it waits 10 ms for other writes)
//
// # Damage
//
// bbolt trusts its pages: a damaged one makes it panic, recurse without end or leave records out.
// So Open reads the whole file once (about one second for each GiB in the page cache) and refuses a
// file whose structure is damaged. It checks that every page is used once or free, that elements
// lie in their pages in order, and that the buckets are those above. Keys and values have no
// checksum, so a changed bit in one of them is detected only if the store is sealed. A file of no
// bytes is a new one.
//
// If the file is damaged while the engine runs, the operations that need a damaged page fail with
// store.ErrUnreadable, and the others go on. One kind of damage still ends the process: a page that
// refers to itself.
//
// # Failure story
//
// If the disk is full or broken, writes fail with ErrUnavailable, and nothing of them is stored.
//
// If the process is killed, no acknowledged write is lost, even in a power failure: its transaction
// was synced to disk first (provided the disk does not lie about it). A write that was not
// acknowledged is stored completely or not at all.
//
// Nothing is left behind: the lock on the file ends with the process, and the locks of a space are
// only in memory. The file never shrinks; freed space is used again.
package embedded
