// Package importer feeds a file of users through a SCIM server's bulk endpoint: CSV whose header names SCIM paths, or JSON lines.
//
// An import can be interrupted at any point and run again. What is settled stands in a journal beside the file; what may have been done and is
// not in the journal is sent again, and a user who is there already exactly as the row says is that row, done before. So every row ends up
// exactly once, and nobody who was there before is ever overwritten.
//
// It must not know the proxy beyond its SCIM API.
package importer
