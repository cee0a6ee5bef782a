// Package cli has what commands share: the configuration file that they work with, times as they
// are written on the command line, and output for people and for programs.
package cli
