// Package document has the JSON of SCIM: immutable resources, objects that are parsed once and
// changed in place, attribute paths, and operations on JSON text.
//
// Unchanged values keep their bytes. Member names are case-insensitive (RFC 7643 section 2.1). JSON
// texts must be valid: bounds.JSON or Parse has accepted them.
//
// It does not know schemas, filters or requests.
package document
