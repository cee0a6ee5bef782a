// Package codec encodes records and index entries as bytes. The engines and the encryption share
// it, so that there is only one encoding.
//
// It owns the escaping of terms, the index entry and the packed record. It must not know any engine
// or package store.
package codec
