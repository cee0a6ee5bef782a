// Package redisserver starts real Redis servers for tests: one node, a cluster of three masters, or
// a master with replicas and sentinels, optionally with an ACL user and TLS. Each server has its
// own directory and a free port on the loopback interface.
//
// It owns the processes: they end with the test, and on Linux also if the test binary is killed.
// It must not know the data in Redis. It sends its few commands without a client library.
//
// # Failures
//
// If redis-server is not installed, a test fails with one sentence that names the package to
// install; under -short it is skipped. If a server does not start, the test fails with the end of
// its log.
package redisserver
