// Package locks is a table of named locks with expiry inside one process, for engines that serve
// one process only.
//
// It owns waiting and expiry. It must not know what a lock protects. It uses the clock of package
// time, which testing/synctest replaces in tests.
package locks
