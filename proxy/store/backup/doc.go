// Package backup is the format of a backup of a store: one file with all records, as the engine
// keeps them. Sealed records stay sealed, and the keys are not in it. Every engine can be written
// from the file, whichever engine it was made of.
//
// It owns the format, and the order of the steps of a backup and of a restore. It must not know
// what records mean, or any engine.
//
//	"scim-proxy store backup\n"   the kind of the file
//	header                        JSON (Header), after its length as a uvarint
//	records                       1, then space, id and codec.Pack(terms, body), each after its
//	                              length as a uvarint
//	trailer                       0, the number of records (8 bytes, big endian), the SHA-256 of
//	                              all bytes before it
//
// Revisions are not in the file: an engine gives a record a new one. Open reads the whole file
// once, so that a file that is cut short or damaged is refused before anything is done with it. The
// checksum detects accidents. It does not prove who wrote the file; sealed records do.
package backup
