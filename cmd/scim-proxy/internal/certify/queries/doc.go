// Package queries has the requirements on lists: their form, pages and cursors, filters, order,
// projection, and queries by POST (RFC 7644 sections 3.4.2 and 3.4.3, RFC 9865).
package queries
