package audit

import "io"

// To is Open for any output.
func To(open func() (io.WriteCloser, error), values bool, failed func(error)) (*Trail, error) {
	return to(open, values, failed)
}

// Put puts a line into the queue.
func (t *Trail) Put(line string) { t.put([]byte(line)) }

// Queued is how many lines may wait.
const Queued = queued
