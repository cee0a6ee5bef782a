package limit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/policy/limit"
	"keycloak-scim-proxy/proxy/scim"
)

var rate = limit.Rate{RequestsPerSecond: 2, Burst: 4, Concurrency: 3}

// site is a limiter with a clock and a shared counter.
type site struct {
	*limit.Limiter
	now    time.Time
	asked  int
	wait   time.Duration
	err    error
	notice []error
	why    string
	during func() // while the shared counter is asked
}

func newSite(shared bool) *site {
	s := &site{now: time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)}
	o := limit.Options{Now: func() time.Time { return s.now }, Alone: func(err error) { s.notice = append(s.notice, err) }, Refused: func(_ context.Context, why string) { s.why = why }}
	if shared {
		o.Shared = func(context.Context, string, float64, int) (time.Duration, error) {
			s.asked++
			if s.during != nil {
				s.during()
			}
			return s.wait, s.err
		}
	}
	s.Limiter = limit.New(o)
	return s
}

// enter sends n requests, each of which ends at once, and returns how many were admitted and the
// last refusal.
func (s *site) enter(t *testing.T, name string, r limit.Rate, n int) (admitted int, last string) {
	t.Helper()
	for range n {
		leave, err := s.Enter(t.Context(), name, r)
		if err == nil {
			admitted++
			leave()
			continue
		}
		e := scim.AsError(err)
		last = fmt.Sprint(s.why, " ", e.Status, " ", e.RetryAfter)
	}
	return admitted, last
}

func TestRate(t *testing.T) {
	s := newSite(false)
	slow := limit.Rate{RequestsPerSecond: 0.1, Burst: 1, Concurrency: 1}
	for _, step := range []struct {
		after time.Duration
		name  string
		rate  limit.Rate
		sent  int
		want  string
	}{
		{0, "a", rate, 80, "4 rate 429 1"},
		{0, "b", rate, 2, "2 "},
		{time.Second, "a", rate, 80, "2 rate 429 1"},
		{time.Hour, "a", rate, 80, "4 rate 429 1"},
		{0, "slow", slow, 3, "1 rate 429 10"},
		{2500 * time.Millisecond, "slow", slow, 1, "0 rate 429 8"}, // whole seconds, rounded up
		{7500 * time.Millisecond, "slow", slow, 1, "1 "},
		{0, "a", limit.Rate{RequestsPerSecond: 50, Burst: 10, Concurrency: 3}, 1, "1 "}, // a reload
		{time.Second, "a", limit.Rate{RequestsPerSecond: 50, Burst: 10, Concurrency: 3}, 80, "10 rate 429 1"},
		{0, "zero", limit.Rate{RequestsPerSecond: 1e-300, Burst: 1, Concurrency: 1}, 2, "1 rate 429 1000"},
	} {
		s.now = s.now.Add(step.after)
		admitted, last := s.enter(t, step.name, step.rate, step.sent)
		if got := fmt.Sprint(admitted, " ", last); got != step.want {
			t.Errorf("%v later, %d of %s: %s, want %s", step.after, step.sent, step.name, got, step.want)
		}
	}
}

func TestConcurrency(t *testing.T) {
	s := newSite(false)
	var leaves []func()
	for range rate.Concurrency {
		leave, err := s.Enter(t.Context(), "a", rate)
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	if n, last := s.enter(t, "a", rate, 10); n != 0 || last != "concurrency 429 1" {
		t.Errorf("%d, %s", n, last)
	}
	if n, _ := s.enter(t, "b", rate, 1); n != 1 {
		t.Error("another caller is refused")
	}
	leaves[0]()
	if n, last := s.enter(t, "a", rate, 10); n != 1 || last != "rate 429 1" { // those that were refused cost no rate
		t.Errorf("%d, %s", n, last)
	}
}

// A request that the shared counter refuses is refused, and takes no place.
func TestShared(t *testing.T) {
	s := newSite(true)
	s.wait = 1500 * time.Millisecond
	if n, last := s.enter(t, "a", rate, 4); n != 0 || last != "rate 429 2" || s.asked != 4 {
		t.Errorf("%d, %s, %d asked", n, last, s.asked)
	}
	s.wait = 0
	if n, _ := s.enter(t, "a", rate, 80); n != 0 || s.asked != 4 {
		t.Errorf("%d: a flood is asked for %d times", n, s.asked-4)
	}
	s.now = s.now.Add(time.Minute)
	if n, _ := s.enter(t, "a", rate, 80); n != 4 || s.asked != 8 {
		t.Errorf("%d, %d asked", n, s.asked)
	}
}

// Without the shared counter the process's own rate holds. That is reported once, and the counter
// is asked again every five seconds.
func TestAlone(t *testing.T) {
	s := newSite(true)
	s.err = errors.New("gone")
	if n, last := s.enter(t, "a", rate, 80); n != 4 || last != "rate 429 1" || s.asked != 1 || len(s.notice) != 1 {
		t.Errorf("%d, %s, %d asked, %v", n, last, s.asked, s.notice)
	}
	for range 3 {
		s.now = s.now.Add(5 * time.Second)
		s.enter(t, "a", rate, 80)
	}
	if s.asked != 4 || len(s.notice) != 1 {
		t.Errorf("%d asked, %v", s.asked, s.notice)
	}
	s.now = s.now.Add(5 * time.Second)
	s.during = func() { s.during = nil; s.enter(t, "b", rate, 4) }
	if s.enter(t, "a", rate, 1); s.asked != 5 {
		t.Errorf("%d requests at once find out whether the counter answers", s.asked-4)
	}
	s.now, s.err = s.now.Add(5*time.Second), nil
	if n, _ := s.enter(t, "a", rate, 80); n != 4 || s.asked != 9 || len(s.notice) != 2 || s.notice[1] != nil {
		t.Errorf("%d, %d asked, %v", n, s.asked, s.notice)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s.now, s.err = s.now.Add(time.Minute), context.Canceled
	if _, err := s.Enter(ended, "a", rate); err != nil || len(s.notice) != 2 {
		t.Errorf("a request that has ended is taken for a counter that is gone: %v, %v", err, s.notice)
	}
}

// Callers that were not seen for the longest time are forgotten, and their requests that run still
// end.
func TestCallersAreBounded(t *testing.T) {
	s := newSite(false)
	leave, err := s.Enter(t.Context(), "first", rate)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20_000 {
		s.enter(t, fmt.Sprint(i), rate, 1)
	}
	if n := s.Callers(); n > 10_000 {
		t.Errorf("%d callers are remembered", n)
	}
	leave()
}
