// Package patches has the requirements on PATCH (RFC 7644 section 3.5.2).
package patches
