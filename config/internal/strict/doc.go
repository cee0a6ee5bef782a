// Package strict decodes YAML into plain structs and reports everything that is wrong at once, each
// problem with file, line, column and path: unknown and repeated keys, and values of a wrong kind.
//
// It owns the YAML library and the form of a problem. It must not know what a key means. No message
// repeats a value of a file, because the value may be a secret.
package strict
