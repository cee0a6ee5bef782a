// Package eventscmd has the commands about events that receivers have not got. It works on the
// store alone, and sends nothing.
package eventscmd
