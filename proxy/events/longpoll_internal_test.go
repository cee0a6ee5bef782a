package events

import (
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/journal"
)

// A poll waits for an event, of its own process or of another, for 25 seconds at most. It ends when
// the process does. No more than four wait.
func TestLongPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, polls(t, "crm"))
		other := newWorld(t, w.engine, config.Events{KeyFiles: nil, Receivers: w.rows()})
		other.happens(other.log, journal.Entry{Verb: "patch", Target: "u0"}) // so that the journal is known
		stop := w.runs()
		synctest.Wait()
		poll := func() (string, time.Duration) {
			begun := time.Now()
			r := w.ask("POST", "/events/crm", "Bearer crm-token", `{}`)
			got := w.subjects(r)
			for _, id := range ids(r) {
				w.ask("POST", "/events/crm", "Bearer crm-token", `{"maxEvents":0,"ack":["`+id+`"]}`)
			}
			return got, time.Since(begun)
		}
		if got, took := poll(); got != "u0 " || took != 0 {
			t.Error(got, took)
		}
		if got, took := poll(); got != "" || took != maxWait {
			t.Error(got, took)
		}
		time.AfterFunc(3500*time.Millisecond, func() { w.happens(w.log, journal.Entry{Verb: "patch", Target: "u1"}) })
		if got, took := poll(); got != "u1 " || took != 3500*time.Millisecond {
			t.Error(got, took)
		}
		time.AfterFunc(3500*time.Millisecond, func() { other.happens(other.log, journal.Entry{Verb: "patch", Target: "u2"}) })
		if got, took := poll(); got != "u2 " || took != 4*time.Second {
			t.Error(got, took)
		}
		ended := make(chan time.Duration, 10)
		for range 6 {
			go func() {
				_, took := poll()
				ended <- took
			}()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if len(ended) != 2 {
			t.Errorf("%d polls did not wait", len(ended))
		}
		stop()
		for range 6 {
			if took := <-ended; took > time.Second {
				t.Errorf("a poll ended after %s", took)
			}
		}
	})
}

// rows are the receivers as configured.
func (w *world) rows() (all []config.Receiver) {
	for _, r := range w.receivers {
		all = append(all, r.Receiver)
	}
	return all
}
