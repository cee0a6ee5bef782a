package reach_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"keycloak-scim-proxy/proxy/keycloak/reach"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a Keycloak as a transport: status and err answer requests, except those to /other,
// which are answered 200; probe answers probes.
type server struct {
	mu         sync.Mutex
	status     int
	err, probe error
	others     bool // while a probe runs, other requests are answered
	probes     int
	changes    []string

	circuit *reach.Circuit
	to      http.RoundTripper
}

func (s *server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// seen returns the number of probes, and the reported changes.
func (s *server) seen() (probes int, changes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.probes, slices.Clone(s.changes)
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := s.status
	switch {
	case r.URL.Path == "/other":
		status = http.StatusOK
	case s.err != nil:
		return nil, s.err
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

func (s *server) probed(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.probes++
	if s.others {
		s.mu.Unlock()
		s.request("/other")
		s.mu.Lock()
	}
	return s.probe
}

// running starts a circuit in front of a server that works, within a bubble of synctest.
func running(t *testing.T) *server {
	t.Helper()
	s := &server{status: http.StatusOK}
	s.circuit = reach.New(reach.Options{Probe: s.probed, Changed: func(open bool, cause error) {
		s.set(func() { s.changes = append(s.changes, fmt.Sprint(open, " ", cause)) })
	}})
	s.to = s.circuit.Watch(s)
	ctx, cancel := context.WithCancel(t.Context())
	go s.circuit.Run(ctx)
	t.Cleanup(func() {
		cancel()
		synctest.Wait()
	})
	return s
}

func (s *server) request(path string) {
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://keycloak"+path, nil)
	if res, err := s.to.RoundTrip(req); err == nil {
		_ = res.Body.Close()
	}
}

// send sends a request and waits until the circuit has reacted.
func (s *server) send() {
	s.request("/x")
	synctest.Wait()
}

func later(d time.Duration) {
	time.Sleep(d) // of the bubble
	synctest.Wait()
}

var errReset = &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}

// Keycloak goes and comes back: the circuit opens after two failed probes, stays open while probes
// fail, and closes with the first that succeeds. Each change is reported once.
func TestCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := running(t)
		s.set(func() { s.err, s.probe = errReset, errors.New("refused") })
		s.send()
		if n, _ := s.seen(); n != 1 || s.circuit.Open() {
			t.Fatalf("%d probes, open: %v", n, s.circuit.Open())
		}
		later(time.Second)
		if n, _ := s.seen(); n != 2 || !s.circuit.Open() {
			t.Fatalf("%d probes, open: %v", n, s.circuit.Open())
		}
		later(time.Minute)
		if n, _ := s.seen(); n < 50 || n > 62 || !s.circuit.Open() {
			t.Errorf("%d probes in a minute, open: %v", n, s.circuit.Open())
		}
		s.set(func() { s.err, s.probe = nil, nil })
		later(time.Second)
		before, changes := s.seen()
		if want := []string{"true refused", "false <nil>"}; s.circuit.Open() || !slices.Equal(changes, want) {
			t.Errorf("open: %v, %q, want %q", s.circuit.Open(), changes, want)
		}
		s.send()
		later(time.Minute)
		if n, _ := s.seen(); n != before {
			t.Errorf("%d probes although all is well", n-before)
		}
	})
}

// One caller cannot open the circuit: whatever becomes of its requests, Keycloak answers the probe.
// It causes one probe a second at most.
func TestRequestsOfOneCaller(t *testing.T) {
	for name, err := range map[string]error{"slow": context.DeadlineExceeded, "reset": errReset, "closed": io.EOF, "502": nil} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := running(t)
				s.set(func() { s.err, s.status = err, http.StatusBadGateway })
				for range 1_000 {
					s.send()
					later(10 * time.Millisecond)
				}
				if n, changes := s.seen(); len(changes) > 0 || n < 1 || n > 11 {
					t.Errorf("%q, %d probes in 10 seconds", changes, n)
				}
			})
		})
	}
}

// While Keycloak answers any request, it is there, also if it is too busy for the probe.
func TestSlowProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := running(t)
		s.set(func() {
			s.err, s.probe, s.others = context.DeadlineExceeded, errors.New("a probe takes too long"), true
		})
		for range 100 {
			s.send()
			later(time.Second)
		}
		if n, changes := s.seen(); len(changes) > 0 || n < 50 {
			t.Errorf("%q, %d probes", changes, n)
		}
	})
}

// A missing answer, or one that says that there is no Keycloak, causes a probe. Other answers, and
// what a caller or a person has to do with, do not.
func TestQuestion(t *testing.T) {
	asks := func(status int, err error) (asked bool) {
		synctest.Test(t, func(t *testing.T) {
			s := running(t)
			s.set(func() { s.status, s.err = status, err })
			s.send()
			n, _ := s.seen()
			asked = n > 0
		})
		return asked
	}
	for _, status := range []int{200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 501} {
		if asks(status, nil) {
			t.Errorf("%d raises it", status)
		}
	}
	for _, status := range []int{502, 503, 504} {
		if !asks(status, nil) {
			t.Errorf("%d does not raise it", status)
		}
	}
	for _, err := range []error{io.EOF, errReset, context.DeadlineExceeded, &net.OpError{Op: "dial", Err: errors.New("refused")}} {
		if !asks(0, err) {
			t.Errorf("%v does not raise it", err)
		}
	}
	for _, err := range []error{context.Canceled, &net.DNSError{IsNotFound: true}} {
		if asks(0, err) {
			t.Errorf("%v raises it", err)
		}
	}
}
