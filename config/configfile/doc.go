// Package configfile reads the main file and the files of tenants into the structs of config, and
// validates them.
//
// Load reports everything that is wrong at once, each problem with file, line, column and path:
// unknown and repeated keys, values of a wrong kind, values that are not allowed, and missing
// files. No message repeats a value of a file.
//
// The known dialects are a function that is passed to Load.
package configfile
