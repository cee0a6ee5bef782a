// Package config is what an operator may say: plain data, read strictly.
//
// Load reports everything that is wrong at once, each with file, line, column and path: unknown and repeated keys, values of a wrong kind,
// values that cannot be, files that are missing, and what the program cannot do yet (unfinished.go). Nothing is changed after Load. Secrets are
// named by file or environment variable and read when they are used, so that they rotate and are no value to print; no message repeats a value
// of a file. The comments of the structs are the text of docs/configuration.md.
//
// It imports nothing of this program: which dialects there are is a function given to Load.
package config
