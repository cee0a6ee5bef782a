package events

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/events/outbox"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/store/storetest"
	"keycloak-scim-proxy/proxy/webhook"
)

func pending(w *world, receiver string) (n, dead int) {
	w.Helper()
	_, n, err := w.log.Pending(w.Context(), receiver, 0)
	if err != nil {
		w.Fatal(err)
	}
	_, dead, err = w.log.Dead(w.Context(), receiver, 0)
	if err != nil {
		w.Fatal(err)
	}
	return n, dead
}

// Events are delivered at once and in order; a call that failed has none.
func TestInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, hooks(t, "siem"))
		x := w.target("siem", nil)
		w.happens(w.log, journal.Entry{Verb: "create", Target: "before-the-start"})
		stop := w.runs()
		for i := range 3 {
			time.Sleep(time.Second)
			w.happens(w.log, journal.Entry{Verb: "patch", Target: fmt.Sprint(i)})
			w.happens(w.log, journal.Entry{Verb: "patch", Target: "failed", Reason: "no"})
			synctest.Wait()
		}
		stop()
		if got := x.all(); got != "before-the-start@0s 0@1s 1@2s 2@3s" {
			t.Error(got)
		}
		if n, dead := pending(w, "siem"); n+dead > 0 {
			t.Errorf("%d pending, %d dead", n, dead)
		}
	})
}

// A receiver that does not answer gets all events when it answers again, and another one is not
// delayed. The waits grow up to 5 minutes.
func TestAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, hooks(t, "siem", "crm"))
		back := time.Now().Add(3 * 24 * time.Hour)
		siem := w.target("siem", func(int, []byte) webhook.Result {
			if time.Now().Before(back) {
				time.Sleep(10 * time.Second) // it hangs
				return webhook.Result{Verdict: webhook.Away, Cause: "no answer: timeout"}
			}
			return webhook.Result{Verdict: webhook.Delivered}
		})
		crm := w.target("crm", nil)
		stop := w.runs()
		for i := range 3 {
			w.happens(w.log, journal.Entry{Verb: "patch", Target: fmt.Sprint(i)})
		}
		synctest.Wait()
		if got := crm.all(); got != "0@0s 1@0s 2@0s" {
			t.Errorf("crm: %s", got)
		}
		time.Sleep(time.Hour)
		if got, want := siem.all(), "0@0s 0@11s 0@23s 0@37s 0@55s 0@1m21s 0@2m3s 0@3m17s 0@5m35s 0@10m1s 0@15m11s"; !strings.HasPrefix(got, want) {
			t.Errorf("siem: %s", got)
		}
		time.Sleep(3 * 24 * time.Hour)
		stop()
		got := strings.Fields(siem.all())
		for i, one := range got[len(got)-3:] {
			if !strings.HasPrefix(one, fmt.Sprint(i, "@")) {
				t.Errorf("at last: %s", got[len(got)-3:])
			}
		}
		if n, dead := pending(w, "siem"); n+dead > 0 {
			t.Errorf("%d pending, %d dead", n, dead)
		}
		if told := fmt.Sprint(w.notes()); told != `[away siem "no answer: timeout" away siem ""]` {
			t.Error(told)
		}
	})
}

// An event that is refused is a dead letter at once; one that fails is one after its tries. Events
// of other scopes are not held up, and a retry delivers it.
func TestDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := hooks(t, "siem")
		c.Receivers[0].Webhook.Tries = 4
		w := newWorld(t, nil, c)
		other := w.journal("other")
		well := false
		x := w.target("siem", func(_ int, body []byte) webhook.Result {
			switch {
			case well:
			case strings.Contains(string(body), `"resource":"refused"`):
				return webhook.Result{Verdict: webhook.Refused, Cause: "the receiver answered 410"}
			case strings.Contains(string(body), `"resource":"fails"`):
				return webhook.Result{Verdict: webhook.Failed, Cause: "the receiver answered 500"}
			}
			return webhook.Result{Verdict: webhook.Delivered}
		})
		stop := w.runs()
		for _, id := range []string{"refused", "fails", "good"} {
			w.happens(w.log, journal.Entry{Verb: "patch", Target: id})
		}
		synctest.Wait()
		w.happens(other, journal.Entry{Verb: "patch", Target: "elsewhere"})
		time.Sleep(10 * time.Minute)
		if got := x.all(); got != "refused@0s fails@0s elsewhere@0s fails@1s fails@3s fails@7s good@7s" {
			t.Error(got)
		}
		if told := fmt.Sprint(w.notes()); told != "[buried siem the receiver answered 410 buried siem the receiver answered 500]" {
			t.Error(told)
		}
		letters, count, err := outbox.List(t.Context(), w.known(), "siem", true, 10)
		if err != nil || count != 2 || letters[0].Target != "refused" || letters[1].Cause != "the receiver answered 500" || !letters[1].Dead {
			t.Fatalf("%v %d %+v", err, count, letters)
		}
		well = true
		for _, l := range letters {
			if err := outbox.Retry(t.Context(), w.known(), "siem", l.ID); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(lookEvery)
		stop()
		if got := x.all(); !strings.Contains(got, "good@7s refused@10m") || !strings.Contains(got, " fails@10m") && !strings.Contains(got, " fails@11m") {
			t.Error(got)
		}
		if err := outbox.Retry(context.Background(), w.known(), "siem", letters[0].ID); err == nil {
			t.Error("a letter that was delivered is retried")
		}
	})
}

// A process that is killed between the answer of the receiver and the save leaves the event, which
// the next process sends again with the same id.
func TestKilledBeforeTheSave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newWorld(t, nil, hooks(t, "siem"))
		var bodies []string
		note := func(_ int, body []byte) webhook.Result {
			bodies = append(bodies, string(body))
			return webhook.Result{Verdict: webhook.Delivered}
		}
		first.target("siem", note)
		first.happens(first.log, journal.Entry{Verb: "patch", Target: "u1"})
		first.engine.OnOp(func(_ context.Context, op storetest.Op) error {
			if op.Name == "Save" {
				return errDown
			}
			return nil
		})
		stop := first.runs()
		synctest.Wait()
		stop()
		first.engine.OnOp(nil)
		second := newWorld(t, first.engine, hooks(t, "siem"))
		second.target("siem", note)
		stop = second.runs()
		synctest.Wait()
		stop()
		if len(bodies) != 2 || bodies[0] != bodies[1] {
			t.Errorf("%q", bodies)
		}
		if n, dead := pending(second, "siem"); n+dead > 0 {
			t.Errorf("%d pending, %d dead", n, dead)
		}
	})
}

// Two processes over one store deliver each event once, and one takes over from the other.
func TestTwoProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newWorld(t, nil, hooks(t, "siem"))
		second := newWorld(t, first.engine, hooks(t, "siem"))
		slow := func(int, []byte) webhook.Result {
			time.Sleep(time.Second)
			return webhook.Result{Verdict: webhook.Delivered}
		}
		a, b := first.target("siem", slow), second.target("siem", slow)
		stopFirst, stopSecond := first.runs(), second.runs()
		for i := range 100 {
			w := []*world{first, second}[i%2]
			w.happens(w.log, journal.Entry{Verb: "patch", Target: fmt.Sprint("u", i)})
		}
		time.Sleep(20 * time.Second)
		if a.all() == "" { // the other one delivers
			stopFirst, stopSecond = stopSecond, stopFirst
		}
		stopFirst()
		time.Sleep(5 * time.Minute)
		stopSecond()
		seen := map[string]int{}
		for one := range strings.FieldsSeq(a.all() + " " + b.all()) {
			id, _, _ := strings.Cut(one, "@")
			seen[id]++
		}
		twice := 0
		for _, n := range seen {
			twice += n - 1
		}
		if len(seen) != 100 || twice > 0 || a.all() == "" || b.all() == "" {
			t.Errorf("%d events, %d twice\n%s\n%s", len(seen), twice, a.all(), b.all())
		}
	})
}
