// Package prose checks how comments, pages and messages are written: the width of their lines, and
// words that make them hard to read.
//
// It owns the rules and the reading of files. `make prose` runs it on the whole tree.
package prose
