// Package redisserver starts real Redis servers for tests, on free ports of the loopback with directories of their own: one node, or
// a cluster of three masters, with an ACL user and TLS if wanted.
//
// It owns the processes: they end with the test, and with the test binary when that is killed. It must not know what is kept in Redis,
// and needs no client library: the few commands that it sends are written here.
//
// # Failure story
//
// Without redis-server a test fails with one sentence that says what to install; under -short it is skipped. A server that does not
// start fails the test with the end of its log.
package redisserver
