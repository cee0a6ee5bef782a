// Package value checks single values of a configuration: addresses, URLs, files and names.
//
// A check returns what is wrong with a value, in words that follow the name of its key, or the
// empty string. It must not know the keys. No message repeats a value, because it may be a secret.
package value
