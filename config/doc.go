// Package config is the configuration of the proxy: plain data, read strictly.
//
// Load reports everything that is wrong at once, each problem with file, line, column and path:
// unknown and repeated keys, values of a wrong kind, values that are not allowed, and missing
// files. Nothing is changed after Load. Secrets are named by file or environment variable and read
// when they are used. So they can be replaced while the program runs, and they are not values that
// could be printed. No message repeats a value of a file. The comments of the structs are the text
// of docs/configuration.md.
//
// It imports only its YAML decoder: the known dialects are a function that is passed to Load.
package config
