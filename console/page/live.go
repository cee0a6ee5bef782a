package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// LiveOptions bound the streams of pages. A zero value is replaced by its default.
type LiveOptions struct {
	// Most is how many streams are open at once (200), PerSession how many of one session (4: a
	// browser makes at most 6 connections to a server, and pages need some of them).
	Most, PerSession int
	// Beat is the time between two signs of life (15 s), Life the longest time of a stream (5
	// minutes): then the browser connects again, so that its session is checked and replicas drain.
	Beat, Life time.Duration
	// Write is the longest time of one write (10 s). A reader that is slower is cut off.
	Write time.Duration
}

// Parts are the elements of a page that are swapped: their new content as HTML of Site.Fragment, by
// the id of the element. Nothing in it may belong to one session, because all readers get it.
type Parts map[string]string

// Follow watches something, and calls show with its parts when it begins and when something has
// changed. note is a short sentence for screen readers, or "". It returns when the context ends; an
// error ends the streams, and browsers connect again.
type Follow func(ctx context.Context, show func(parts Parts, note string)) error

// Live sends parts of pages to the browsers that show them, by server-sent events. All readers of
// a topic share one Follow and one rendered event, and a slow reader misses events but never the
// newest, so a reader costs its connection only. Close it before the server shuts down, for which
// http.Server.RegisterOnShutdown is made.
type Live struct {
	o    LiveOptions
	ctx  context.Context
	stop context.CancelFunc

	mu       sync.Mutex
	topics   map[string]*topic
	open     int
	sessions map[string]int // open streams
}

// NewLive returns a Live without streams.
func NewLive(o LiveOptions) *Live {
	if o.Most == 0 {
		o.Most = 200
	}
	if o.PerSession == 0 {
		o.PerSession = 4
	}
	for d, usual := range map[*time.Duration]time.Duration{&o.Beat: 15 * time.Second, &o.Life: 5 * time.Minute, &o.Write: 10 * time.Second} {
		if *d == 0 {
			*d = usual
		}
	}
	l := &Live{o: o, topics: map[string]*topic{}, sessions: map[string]int{}}
	l.ctx, l.stop = context.WithCancel(context.Background())
	return l
}

// Close ends all streams, and refuses new ones.
func (l *Live) Close() { l.stop() }

// topic is what its readers share.
type topic struct {
	ctx     context.Context // ends with the last reader, or with an error of Follow
	end     context.CancelFunc
	readers int

	mu    sync.Mutex
	parts Parts
	event []byte        // all parts, as they are sent
	next  chan struct{} // closed when event is replaced
}

// maxEvent bounds the parts of a topic, in bytes.
const maxEvent = 1 << 20

// show replaces the event if something has changed.
func (t *topic) show(parts Parts, note string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	changed := false
	for id, html := range parts {
		if old, known := t.parts[id]; !known || old != html {
			t.parts[id], changed = html, true
		}
	}
	if !changed {
		return
	}
	data, err := json.Marshal(t.parts) // one line
	if err != nil || len(data) > maxEvent {
		return // texts can be marshalled; what is too large is seen when the page is loaded
	}
	t.event = fmt.Appendf(nil, "event: parts\ndata: %s\n\n", data)
	if quoted, err := json.Marshal(note); err == nil && note != "" {
		t.event = fmt.Appendf(t.event, "event: note\ndata: %s\n\n", quoted)
	}
	close(t.next)
	t.next = make(chan struct{})
}

// now returns the event, nil before the first, and what is closed when it is replaced.
func (t *topic) now() (event []byte, next <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.event, t.next
}

var errBusy = errors.New("too many pages with live parts are open: reload this page to see what is new")

// join makes a reader of a topic, which leave ends.
func (l *Live) join(session, name string, f Follow) (t *topic, leave func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil || l.open >= l.o.Most || l.sessions[session] >= l.o.PerSession {
		return nil, nil, errBusy
	}
	t = l.topics[name]
	if t == nil || t.ctx.Err() != nil {
		t = &topic{parts: Parts{}, next: make(chan struct{})}
		t.ctx, t.end = context.WithCancel(l.ctx)
		l.topics[name] = t
		go t.run(f)
	}
	t.readers++
	l.open++
	l.sessions[session]++
	return t, func() { l.leave(session, name, t) }, nil
}

func (l *Live) leave(session, name string, t *topic) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.sessions[session]--; l.sessions[session] == 0 {
		delete(l.sessions, session)
	}
	if t.readers--; t.readers == 0 {
		t.end()
		if l.topics[name] == t {
			delete(l.topics, name)
		}
	}
}

// run follows until the topic ends. A panic ends the topic only: what pages show must not end the
// process.
func (t *topic) run(f Follow) {
	defer t.end()
	defer func() { _ = recover() }()
	_ = f(t.ctx, t.show) // the browsers connect again
}
