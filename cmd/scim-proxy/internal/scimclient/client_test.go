package scimclient_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve returns a client of a server that answers with do.
func serve(t *testing.T, o scimclient.Options, do http.HandlerFunc) *scimclient.Client {
	t.Helper()
	s := httptest.NewServer(do)
	t.Cleanup(s.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	o.URL, o.Token, o.Transport = s.URL+"/scim/v2/", scimclient.Bearer("secret"), transport
	return scimclient.New(o)
}

func TestRequest(t *testing.T) {
	c := serve(t, scimclient.Options{Agent: "test/1"}, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		h := r.Header
		got := []string{r.Method, r.URL.String(), string(b), h.Get("Authorization"), h.Get("Accept"), h.Get("Content-Type"), h.Get("User-Agent")}
		want := []string{"POST", "/scim/v2/Users?a=b", `{"userName":"ada"}`, "Bearer secret", "application/scim+json", "application/scim+json", "test/1"}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		w.WriteHeader(201)
		_, _ = io.WriteString(w, `{"id":"7"}`)
	})
	a, err := c.Do(t.Context(), "POST", "/Users?a=b", []byte(`{"userName":"ada"}`))
	if err != nil || a.Status != 201 || string(a.Body) != `{"id":"7"}` {
		t.Errorf("%d %s %v", a.Status, a.Body, err)
	}
}

// Do repeats a request after 429 and 503 only, with the same body. Once never does.
func TestRetry(t *testing.T) {
	for _, row := range []struct {
		name   string
		status []int // of the first answers; later ones are 200
		once   bool
		want   int
		n      int64
	}{
		{"good", nil, false, 200, 1},
		{"busy", []int{429, 503}, false, 200, 3},
		{"away", []int{503, 503, 503, 503, 503, 503, 503, 503}, false, 503, 6},
		{"broken", []int{500}, false, 500, 1},
		{"gateway", []int{502}, false, 502, 1},
		{"refused", []int{403}, false, 403, 1},
		{"once", []int{503}, true, 503, 1},
	} {
		var n atomic.Int64
		c := serve(t, scimclient.Options{Pause: time.Nanosecond}, func(w http.ResponseWriter, r *http.Request) {
			i := int(n.Add(1))
			if b, _ := io.ReadAll(r.Body); string(b) != "{}" || r.Header.Get("Authorization") != "Bearer secret" {
				t.Errorf("%s: attempt %d has the body %q", row.name, i, b)
			}
			if i <= len(row.status) {
				w.WriteHeader(row.status[i-1])
			}
		})
		send := c.Do
		if row.once {
			send = c.Once
		}
		a, err := send(t.Context(), "POST", "/Users", []byte("{}"))
		got := a.Status
		if e, ok := errors.AsType[*scimclient.Error](err); ok {
			got = e.Status
		} else if err != nil {
			t.Error(err)
		}
		if got != row.want || n.Load() != row.n {
			t.Errorf("%s: %d after %d attempts", row.name, got, n.Load())
		}
	}
}

func TestPause(t *testing.T) {
	for _, row := range []struct {
		n           int
		asked, want time.Duration
	}{
		{1, 0, time.Second}, {3, 0, 4 * time.Second}, {1, 7 * time.Second, 7 * time.Second}, {5, 7 * time.Second, 16 * time.Second},
		{1, time.Hour, time.Minute}, {9, 0, time.Minute}, {1, -time.Second, time.Second},
	} {
		if got := scimclient.Pause(time.Second, time.Minute, row.n, row.asked); got != row.want {
			t.Errorf("attempt %d, asked %v: %v, want %v", row.n, row.asked, got, row.want)
		}
	}
}

// The client waits as long as Retry-After says, and returns at once if the caller cancels.
func TestRetryAfter(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	c := serve(t, scimclient.Options{Pause: time.Nanosecond}, func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(503)
		time.AfterFunc(50*time.Millisecond, cancel)
	})
	if _, err := c.Do(ctx, "GET", "/Users", nil); !errors.Is(err, context.Canceled) || n.Load() != 1 {
		t.Errorf("%v after %d attempts", err, n.Load())
	}
}

func TestErrors(t *testing.T) {
	for _, row := range []struct {
		status    int
		body      string
		want      scimclient.Error
		reason    string
		transient bool
	}{
		{409, `{"status":"409","scimType":"uniqueness","detail":"taken\nby ada"}`, scimclient.Error{Type: "uniqueness", Detail: "taken\nby ada"}, "409 taken by ada", false},
		{502, "<html>", scimclient.Error{}, "502 Bad Gateway", true},
		{501, `{"detail":7}`, scimclient.Error{}, "501 Not Implemented", false},
		{408, "", scimclient.Error{}, "408 Request Timeout", true},
		{429, "", scimclient.Error{RetryAfter: 9 * time.Second}, "429 Too Many Requests", true},
		{302, "", scimclient.Error{}, "302 Found", false},
	} {
		c := serve(t, scimclient.Options{}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/scim/v2/Users" {
				t.Errorf("the redirect to %s was followed", r.URL)
			}
			if row.status == 429 {
				w.Header().Set("Retry-After", "9")
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(row.status)
			_, _ = io.WriteString(w, row.body)
		})
		_, err := c.Once(t.Context(), "GET", "/Users?filter=personal", nil)
		e, ok := errors.AsType[*scimclient.Error](err)
		if !ok {
			t.Errorf("%d: %v", row.status, err)
			continue
		}
		row.want.Status, row.want.Method, row.want.Path, row.want.Body = row.status, "GET", "/Users", row.body
		if d := cmp.Diff(row.want, *e); d != "" || e.Error() != "GET /Users was answered with "+row.reason || e.Transient() != row.transient {
			t.Errorf("%s: %s %t", d, e, e.Transient())
		}
	}
}

// An endless answer is cut off, and a missing one ends the attempt at its timeout.
func TestBounds(t *testing.T) {
	c := serve(t, scimclient.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		for b := make([]byte, 1<<20); ; {
			if _, err := w.Write(b); err != nil {
				return
			}
		}
	})
	if _, err := c.Do(t.Context(), "GET", "/Users", nil); !errors.As(err, new(*http.MaxBytesError)) {
		t.Error(err)
	}
	c = serve(t, scimclient.Options{Timeout: 50 * time.Millisecond}, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	if _, err := c.Do(t.Context(), "GET", "/Users", nil); !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
