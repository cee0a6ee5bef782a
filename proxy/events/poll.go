package events

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// base is the path of the receivers that poll; jwksName is below it.
const (
	base     = "/events/"
	jwksName = "jwks.json"
)

// Bounds of polls.
const (
	maxBody  = 1 << 20
	maxAcks  = 1000 // ack and setErrs of a poll
	maxSets  = 100
	maxWait  = 25 * time.Second
	maxPolls = 4 // of a receiver that wait at the same time
	spare    = 30 * time.Second
)

// Handler serves the receivers that poll, and the keys of their tokens. All other requests go to
// next.
func (e *Events) Handler(next http.Handler) http.Handler {
	if e == nil || !e.polled() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ours := strings.CutPrefix(r.URL.EscapedPath(), base)
		switch {
		case !ours || strings.Contains(name, "/"):
			next.ServeHTTP(w, r)
		case name == jwksName:
			e.serveKeys(w, r)
		default:
			e.poll(w, r, name)
		}
	})
}

func (e *Events) polled() bool {
	for _, r := range e.receivers {
		if r.Poll != nil {
			return true
		}
	}
	return false
}

func (e *Events) serveKeys(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "invalid_request", "the keys are read with GET")
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, e.jwks)
}

// authenticate returns the receiver of a name, if the request has a token of it. The time that it
// takes does not tell whether there is a receiver of the name.
func (e *Events) authenticate(r *http.Request, name string) *receiver {
	given := r.Header.Values("Authorization")
	token := ""
	if len(given) == 1 {
		if scheme, rest, _ := strings.Cut(given[0], " "); strings.EqualFold(scheme, "Bearer") {
			token = strings.TrimSpace(rest)
		}
	}
	sum := sha256.Sum256([]byte(token))
	var found *receiver
	for _, one := range e.receivers {
		if one.Poll == nil {
			continue
		}
		for _, text := range one.Poll.TokenSHA256 {
			want, err := hex.DecodeString(text)
			if err == nil && subtle.ConstantTimeCompare(sum[:], want) == 1 && one.Name == name && token != "" {
				found = one
			}
		}
	}
	return found
}

// poll serves one poll (RFC 8936 section 2).
func (e *Events) poll(w http.ResponseWriter, r *http.Request, name string) {
	to := e.authenticate(r, name)
	if to == nil {
		for _, one := range e.receivers {
			if one.Name == name && one.Poll != nil {
				e.metrics.polled(name, "unauthorized")
			}
		}
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "authentication_failed", "the bearer token is not one of this receiver, or there is no such receiver")
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, "invalid_request", "events are polled with POST (RFC 8936)")
		return
	}
	q, err := readQuestion(w, r)
	if err != nil {
		e.metrics.polled(name, "wrong")
		refuse(w, http.StatusBadRequest, "invalid_request", err.Error())
		return
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // the body is read; only tests have no deadlines
	_ = control.SetWriteDeadline(time.Now().Add(maxWait + spare))
	a, err := e.answer(r.Context(), to, q)
	if err != nil {
		e.failed(r.Context(), err)
		e.metrics.polled(name, "failed")
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable, "unavailable", "the store does not answer: poll again, with the same acknowledgements")
		return
	}
	e.metrics.polled(name, "answered")
	write(w, http.StatusOK, a)
}

// question is the body of a poll (RFC 8936 section 2.4).
type question struct {
	MaxEvents         *int              `json:"maxEvents"`
	ReturnImmediately bool              `json:"returnImmediately"`
	Ack               []string          `json:"ack"`
	SetErrs           map[string]setErr `json:"setErrs"`
}

type setErr struct {
	Err         string `json:"err"`
	Description string `json:"description"`
}

func readQuestion(w http.ResponseWriter, r *http.Request) (q question, err error) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return q, errors.New("the body cannot be read, or has more than 1 MiB")
	}
	if len(strings.TrimSpace(string(b))) == 0 {
		return q, errors.New("the body must be a JSON object, at least {}")
	}
	if json.Unmarshal(b, &q) != nil {
		return q, errors.New("the body must be a JSON object with maxEvents, returnImmediately, ack and setErrs as RFC 8936 section 2.4 defines them")
	}
	switch {
	case q.MaxEvents != nil && *q.MaxEvents < 0:
		return q, errors.New("maxEvents must not be negative")
	case len(q.Ack)+len(q.SetErrs) > maxAcks:
		return q, errors.New("ack and setErrs must not have more than 1000 ids together")
	}
	return q, nil
}

// refusal is the body of an error (RFC 8935 section 2.4).
type refusal struct {
	Err         string `json:"err"`
	Description string `json:"description"`
}

func refuse(w http.ResponseWriter, status int, code, description string) {
	write(w, status, refusal{code, description})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// pollEvery is how often a poll that waits looks at the store, which another process may fill. It
// is longer if there are many journals.
func pollEvery(journals int) time.Duration {
	return min(2*time.Second*time.Duration(1+journals/25), maxWait)
}

// await waits until the receiver may have events; false if the poll must be answered now.
func (e *Events) await(ctx context.Context, r *receiver, until time.Time, every time.Duration) bool {
	left := until.Sub(e.now())
	if left <= 0 {
		return false
	}
	timer := time.NewTimer(min(left, every))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-e.stop:
		return false
	case <-r.filled:
	case <-timer.C:
	}
	return true
}
