package page

import (
	"net/http"
	"time"
)

// Serve sends the events of a topic until the browser leaves, the stream's time is over, or Follow
// ends. session bounds the streams of one session. The handler is called after the session was
// checked. Each name has a follower of its own, so that there are at most as many as streams.
func (l *Live) Serve(w http.ResponseWriter, r *http.Request, session, name string, f Follow) {
	t, leave, err := l.join(session, name, f)
	if err != nil {
		w.Header().Set("Retry-After", "60")
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer leave()
	c := http.NewResponseController(w)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // of nginx, which would hold events back
	send := func(text []byte) bool { // each write has its own time, so that the server's limit does not matter
		if c.SetWriteDeadline(time.Now().Add(l.o.Write)) != nil {
			return false
		}
		_, err := w.Write(text)
		return err == nil && c.Flush() == nil
	}
	over, beat := time.NewTimer(l.o.Life), time.NewTicker(l.o.Beat)
	defer over.Stop()
	defer beat.Stop()
	if !send([]byte("retry: 3000\n\n")) {
		return
	}
	event, next := t.now()
	for len(event) == 0 || send(event) {
		select {
		case <-next:
			event, next = t.now()
		case <-beat.C:
			event = []byte(": \n\n")
		case <-over.C:
			return
		case <-t.ctx.Done():
			return
		case <-r.Context().Done():
			return
		}
	}
}
