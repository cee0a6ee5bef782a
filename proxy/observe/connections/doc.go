// Package connections logs and counts what an HTTP server says about connections that bring no
// request to a handler, and about handlers that panic. Whoever can connect can cause such messages,
// so their lines are bounded.
package connections
