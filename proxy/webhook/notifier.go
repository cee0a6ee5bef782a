package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"keycloak-scim-proxy/config"
)

const (
	attempts = 5
	// attempt bounds one attempt, first and longest the waits between them.
	attempt        = 10 * time.Second
	first, longest = time.Second, 30 * time.Second
	// most is how many events may be under way.
	most = 16
)

// errBusy means that too many events are under way.
var errBusy = errors.New("too many events are under way")

// Notifier sends events that nothing keeps: one that is not delivered in about two minutes, or
// before the process ends, is lost. It is safe for concurrent use.
type Notifier struct {
	over   http.RoundTripper
	now    func() time.Time
	failed func(error)
	under  chan struct{}
}

// NewNotifier returns a Notifier. failed is called for each event that was not delivered. over
// replaces connections of its own, unless it is nil.
func NewNotifier(over http.RoundTripper, now func() time.Time, failed func(error)) *Notifier {
	return &Notifier{over: over, now: now, failed: failed, under: make(chan struct{}, most)}
}

// Send sends an event as JSON, and returns at once. It is sent up to five times, until the receiver
// answers with 2xx. A receiver may get it more than once.
func (n *Notifier) Send(to config.Webhook, event any) {
	body, err := json.Marshal(event)
	if err != nil {
		n.failed(err)
		return
	}
	select {
	case n.under <- struct{}{}:
	default:
		n.failed(errBusy)
		return
	}
	go func() {
		defer func() { <-n.under }()
		if err := n.deliver(to, body); err != nil {
			n.failed(err)
		}
	}()
}

// errRefused means that the receiver does not want the event, so that it is not sent again.
var errRefused = errors.New("the event is not sent again")

func (n *Notifier) deliver(to config.Webhook, body []byte) error {
	to.Timeout = config.Duration(attempt)
	s, err := New(to, n.now)
	if err != nil {
		return err
	}
	defer s.client.CloseIdleConnections()
	if n.over != nil {
		s.client.Transport = n.over
	}
	again := retrypolicy.NewBuilder[any]().WithMaxAttempts(attempts).WithBackoff(first, longest).WithJitterFactor(0.1).
		AbortOnErrors(errRefused).ReturnLastFailure().Build()
	return failsafe.With(again).Run(func() error { return n.try(s, body) })
}

// try makes one attempt. Its error names the host only: the path of a URL may contain a secret.
func (*Notifier) try(s *Sender, body []byte) error {
	r := s.Send(context.Background(), body)
	host := ""
	if u, err := url.Parse(s.URL); err == nil {
		host = u.Host
	}
	switch r.Verdict {
	case Delivered:
		return nil
	case Refused:
		return fmt.Errorf("%w: %s: %s", errRefused, host, r.Cause)
	case Away, Failed:
	}
	return fmt.Errorf("%s: %s", host, r.Cause)
}
