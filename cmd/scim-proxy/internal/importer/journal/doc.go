// Package journal keeps on disk which rows of an import are settled, so that an import that was
// interrupted can go on.
//
// A journal is a bbolt file with one entry for each settled row: its number, and the reason if it
// failed. A transaction is on disk before its rows count as settled, so a row that the journal
// calls settled always is. One process at a time can open a journal.
//
// It must not know what a row contains.
package journal
