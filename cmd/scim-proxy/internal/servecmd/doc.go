// Package servecmd is the command that runs the proxy: `serve`. It has what surrounds the proxy in
// a process: the log, signals, the settings of the garbage collector, and the place of the store
// without a configuration file.
package servecmd
