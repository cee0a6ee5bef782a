// Package codec is how records and index entries look as bytes, shared by the engines and by encryption so that there is one
// encoding to get right.
//
// It owns the escaping of terms, the index entry and the packed record. It must not know any engine, nor package store.
package codec
