// Package resources has the requirements on creating, reading, replacing and deleting resources,
// and on versions (RFC 7644 sections 3.3 to 3.6, 3.9, 3.12 and 3.14).
package resources
