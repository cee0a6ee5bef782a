// Package disk tells how much more a directory can take, and writes files that are complete or not
// there.
package disk
