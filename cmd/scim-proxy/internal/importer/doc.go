// Package importer feeds a file of users through a SCIM server's bulk endpoint: CSV whose header names SCIM paths, or JSON lines.
//
// An import can be interrupted at any point and run again. What is settled stands in a journal beside the file; what may have been done and is
// not in the journal is sent again, and a user who is there already exactly as the row says is that row, done before. So every row ends up
// exactly once, and nobody who was there before is ever overwritten. Two rows of one name are never both done: the second one fails, in every
// order and after every interruption, because it is found before anything is sent.
//
// A file is read row by row. What stays in memory is one batch, and a few bytes per row: whether it is settled.
//
// It must not know the proxy beyond its SCIM API.
package importer
