// Package edit changes a YAML mapping as text, so that every byte that does not belong to the
// change survives: comments, blank lines, quotes and the order of keys.
//
// The syntax tree is used only to find places. Every result is read again, and must differ from the
// old text in the intended value only; otherwise the error is ErrForm, and a person must edit the
// file. It must not know what a key means.
package edit
