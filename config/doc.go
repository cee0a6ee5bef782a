// Package config is what an operator may say: plain data, read strictly.
//
// Load reports everything that is wrong at once, each with file, line, column and path: unknown keys, values of a wrong kind, values that cannot
// be, files that are missing. Nothing is changed after Load. Secrets are named by file or environment variable and read when they are used, so
// that they rotate and are no value to print.
//
// It imports nothing of this program.
package config
