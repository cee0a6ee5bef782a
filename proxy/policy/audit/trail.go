package audit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"keycloak-scim-proxy/config"
)

const (
	// queued is how many lines may wait to be written.
	queued = 4_096
	// patience is how long a line waits for a place in the queue.
	patience = time.Second
	// flush is how long Close waits for the queue to be written.
	flush = 10 * time.Second
)

var (
	errSlow  = errors.New("audit: lines come faster than they can be written")
	errEnded = errors.New("audit: a write ends after the end of the program")
)

// Trail writes lines in the order of their outcomes. It is safe for concurrent use; a nil Trail has
// no lines.
type Trail struct {
	values bool // of attributes are written too
	open   func() (io.WriteCloser, error)
	failed func(err error)

	lines   chan []byte
	reopen  chan struct{}
	closing chan struct{}
	closed  chan struct{} // after the last line
	once    sync.Once
	lost    atomic.Uint64
	failing atomic.Bool
}

// Open opens the configured file to append to it, or makes it; without a configuration it returns
// nil. failed is called when lines begin to be lost, or the file cannot be opened again, with the
// error, and with nil when lines are written again.
func Open(c *config.Audit, failed func(err error)) (*Trail, error) {
	if c == nil {
		return nil, nil
	}
	open := func() (io.WriteCloser, error) { return os.OpenFile(c.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) }
	if c.Stream() {
		open = func() (io.WriteCloser, error) {
			return stream{map[string]io.Writer{"stdout": os.Stdout, "stderr": os.Stderr}[c.File]}, nil
		}
	}
	return to(open, c.Values, failed)
}

// stream is a stream of the process, which stays open.
type stream struct{ io.Writer }

// Close does nothing.
func (stream) Close() error { return nil }

func to(open func() (io.WriteCloser, error), values bool, failed func(error)) (*Trail, error) {
	w, err := open()
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	t := &Trail{
		values: values, open: open, failed: failed, lines: make(chan []byte, queued),
		reopen: make(chan struct{}, 1), closing: make(chan struct{}), closed: make(chan struct{}),
	}
	go t.run(&output{w: w})
	return t, nil
}

// Reopen lets the file be opened again, so that it can be renamed before. If that fails, lines go
// on to the old one.
func (t *Trail) Reopen() {
	if t == nil {
		return
	}
	select {
	case t.reopen <- struct{}{}:
	default:
	}
}

// Lost returns how many lines were lost.
func (t *Trail) Lost() uint64 {
	if t == nil {
		return 0
	}
	return t.lost.Load()
}

// Close writes the lines that wait, and closes the file. It returns an error if that takes more
// than 10 seconds.
func (t *Trail) Close() error {
	if t == nil {
		return nil
	}
	t.once.Do(func() { close(t.closing) })
	wait := time.NewTimer(flush)
	defer wait.Stop()
	select {
	case <-t.closed:
		return nil
	case <-wait.C:
		return errors.New("audit: lines were lost, because the file cannot be written")
	}
}

// put puts a line into the queue.
func (t *Trail) put(line []byte) {
	select {
	case <-t.closed:
		t.lose(errEnded)
		return
	default:
	}
	select {
	case t.lines <- line:
		return
	default:
	}
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case t.lines <- line:
	case <-wait.C:
		t.lose(errSlow)
	case <-t.closed:
		t.lose(errEnded)
	}
}

func (t *Trail) lose(err error) {
	t.lost.Add(1)
	t.report(err)
}

// report reports the first error, and the end of errors.
func (t *Trail) report(err error) {
	if t.failing.Swap(err != nil) != (err != nil) {
		t.failed(err)
	}
}

// run writes the lines until the trail is closed.
func (t *Trail) run(to *output) {
	defer close(t.closed)
	defer func() { _ = to.w.Close() }()
	for {
		select {
		case line := <-t.lines:
			t.write(to, line)
		case <-t.reopen:
			t.renew(to)
		case <-t.closing:
			t.drain(to)
			return
		}
	}
}

// drain writes the lines that wait.
func (t *Trail) drain(to *output) {
	for {
		select {
		case line := <-t.lines:
			t.write(to, line)
		default:
			return
		}
	}
}

func (t *Trail) write(to *output, line []byte) {
	if err := to.write(line); err != nil {
		t.lose(err)
		return
	}
	if len(t.lines) < queued/2 {
		t.report(nil)
	}
}

func (t *Trail) renew(to *output) {
	w, err := t.open()
	if err != nil {
		t.failed(fmt.Errorf("audit: the file cannot be opened again, lines go on to the old one: %w", err))
		return
	}
	_ = to.w.Close()
	*to = output{w: w}
}

// output is what the lines are written to.
type output struct {
	w    io.WriteCloser
	torn bool // the last line was not written to its end
}

// write writes a line, with its end. A torn line before it is ended first.
func (o *output) write(line []byte) error {
	line = append(line, '\n')
	if o.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := o.w.Write(line)
	o.torn = err != nil && (n > 0 || o.torn)
	return err
}
