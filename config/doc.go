// Package config is the configuration of the proxy: plain data. Package configfile reads and
// validates it; nothing changes it afterwards.
//
// Secrets are named by file or environment variable and read when they are used. So they can be
// replaced while the program runs, and they are not values that could be printed. The comments of
// the structs are the text of docs/configuration.md and of the JSON Schema.
package config
