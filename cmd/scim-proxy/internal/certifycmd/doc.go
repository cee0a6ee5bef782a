// Package certifycmd has the command certify: flags, progress and output of package certify.
package certifycmd
