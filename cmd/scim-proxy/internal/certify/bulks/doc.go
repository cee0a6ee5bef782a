// Package bulks has the requirements on bulk requests (RFC 7644 section 3.7), which apply only to
// servers that advertise them.
package bulks
