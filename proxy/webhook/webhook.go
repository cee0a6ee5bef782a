package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
)

// SignatureHeader has the time of sending in seconds of Unix time, and the signature of this time,
// a dot and the body as hexadecimal digits: t=1764172800,v1=5f2b….
const SignatureHeader = "X-Scim-Proxy-Signature"

const (
	attempts = 5
	// attempt bounds one attempt, first and longest the waits between them.
	attempt        = 10 * time.Second
	first, longest = time.Second, 30 * time.Second
	// most is how many events may be under way.
	most = 16
	// maxAnswer is how much of an answer is read.
	maxAnswer = 4 << 10
)

// errBusy means that too many events are under way.
var errBusy = errors.New("too many events are under way")

// Target is a receiver.
type Target struct {
	URL string
	// Secret is read for each attempt, so that it can be replaced.
	Secret func() (string, error)
}

// Sender sends events. It is safe for concurrent use.
type Sender struct {
	client *http.Client
	now    func() time.Time
	failed func(error)
	under  chan struct{}
}

// New returns a sender over a transport. failed is called for each event that was not delivered.
func New(over http.RoundTripper, now func() time.Time, failed func(error)) *Sender {
	asIs := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Sender{client: &http.Client{Transport: over, CheckRedirect: asIs}, now: now, failed: failed, under: make(chan struct{}, most)}
}

// Send sends an event as JSON, and returns at once. It is sent up to five times within about two
// minutes, until the receiver answers with 2xx. A receiver may get it more than once.
func (s *Sender) Send(to Target, event any) {
	body, err := json.Marshal(event)
	if err != nil {
		s.failed(err)
		return
	}
	select {
	case s.under <- struct{}{}:
	default:
		s.failed(errBusy)
		return
	}
	go func() {
		defer func() { <-s.under }()
		if err := s.deliver(to, body); err != nil {
			s.failed(err)
		}
	}()
}

// errRefused means that the receiver does not want the event, so that it is not sent again.
var errRefused = errors.New("the receiver refuses it")

func (s *Sender) deliver(to Target, body []byte) error {
	again := retrypolicy.NewBuilder[any]().WithMaxAttempts(attempts).WithBackoff(first, longest).WithJitterFactor(0.1).
		AbortOnErrors(errRefused).ReturnLastFailure().Build()
	return failsafe.With(again).Run(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), attempt)
		defer cancel()
		return s.post(ctx, to, body)
	})
}

// post makes one attempt. Its error has neither the secret nor the URL, which may contain one.
func (s *Sender) post(ctx context.Context, to Target, body []byte) error {
	secret, err := to.Secret()
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return errRefused
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("User-Agent", "keycloak-scim-proxy")
	q.Header.Set(SignatureHeader, Sign(secret, s.now(), body))
	a, err := s.client.Do(q)
	if err != nil {
		return fmt.Errorf("%s: %w", q.URL.Host, errors.Unwrap(err))
	}
	defer a.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(a.Body, maxAnswer)) // so that the connection can be used again
	switch {
	case a.StatusCode >= http.StatusOK && a.StatusCode < http.StatusMultipleChoices:
		return nil
	case a.StatusCode >= http.StatusInternalServerError, a.StatusCode == http.StatusTooManyRequests, a.StatusCode == http.StatusRequestTimeout:
		return fmt.Errorf("%s answers %d", q.URL.Host, a.StatusCode)
	}
	return fmt.Errorf("%w: %s answers %d", errRefused, q.URL.Host, a.StatusCode)
}

// Sign returns the value of SignatureHeader.
func Sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(t + "."))
	m.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(m.Sum(nil))
}
