// Package audit writes a line for each write of a caller, to a log of its own: who did what to
// which resource, and with which result.
//
//	Trail     a file or a stream, with a bounded queue before it   (trail.go)
//	Service   a protocol.Service that writes a line for each write (service.go)
//	entry     the content of a line                                (entry.go)
//
// A line is written after the outcome of the write is known, and the answer does not wait until the
// line is on the disk. If the queue is full, the answer waits for at most a second; then the line
// is lost, which is counted and reported. At the end of the program all lines of the queue are
// written.
package audit
