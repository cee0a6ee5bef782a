// Package importer creates the users of a file through a SCIM server's bulk endpoint. The file is
// CSV with a header of SCIM paths, or JSON lines.
//
// An import can be interrupted at any point and run again. A journal next to the file records
// which rows are settled. Rows that are not in the journal are sent again, although the server
// may have created their users already: a user that exists exactly as the row describes counts as
// that row, done earlier. So every row ends up on the server exactly once, and users that existed
// before are never changed. Rows with the userName of an earlier row fail. They are found before
// anything is sent, so the result depends neither on the order of requests nor on interruptions.
//
// A file is read row by row. Memory holds one batch, and some bytes per row: whether it is settled,
// and while the file is checked, hashes of its userName and e-mail addresses.
//
// It must not know the proxy beyond its SCIM API.
package importer
