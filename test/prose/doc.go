// Package prose checks the style of comments, Markdown pages and messages: the width of their
// lines, and words that make them hard to read.
//
// It owns the rules and the parsing of files. `make prose` checks all files of the repository.
package prose
