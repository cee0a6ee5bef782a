package canarycmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/proxy/canary"
)

// ErrNoProxy means that no proxy answers at the admin address.
var ErrNoProxy = errors.New("no proxy answers")

// errUnknown means that the proxy does not know the tenant.
var errUnknown = errors.New("the proxy does not know the tenant: does it run with this configuration?")

const (
	// attempt bounds a request: a canary takes at most a minute, and its removal half of that.
	attempt = 2 * time.Minute
	// known is how long a running proxy may take to read the file of a new tenant.
	known = 15 * time.Second
	pause = 250 * time.Millisecond
	// maxAnswer bounds an answer in bytes.
	maxAnswer = 16 << 20
)

// Run lets the proxy at an admin URL run a canary. It waits some seconds for a proxy that does not
// know the tenant yet. It fills By in. An error is ErrNoProxy, or what the proxy said; a red report
// is not an error.
func Run(ctx context.Context, adminURL, tenant string, asked canary.Request) (*canary.Report, error) {
	asked.By = cli.Operator()
	body, err := json.Marshal(asked)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(known); ; {
		text, err := send(ctx, http.MethodPost, adminURL, tenant, body)
		if errors.Is(err, errUnknown) && time.Now().Before(end) {
			select {
			case <-time.After(pause):
				continue
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		if err != nil {
			return nil, err
		}
		r := &canary.Report{}
		if err := json.Unmarshal(text, r); err != nil {
			return nil, fmt.Errorf("the proxy at %s gives an answer that is not a report: %w", adminURL, err)
		}
		return r, nil
	}
}

// Withdraw lets the proxy forget that the tenant was verified.
func Withdraw(ctx context.Context, adminURL, tenant string) error {
	_, err := send(ctx, http.MethodDelete, adminURL, tenant, nil)
	return err
}

func send(ctx context.Context, method, adminURL, tenant string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	to := strings.TrimSuffix(adminURL, "/") + "/tenants/" + url.PathEscape(tenant) + "/canary"
	q, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	q.Header.Set("Content-Type", "application/json")
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		if _, dial := errors.AsType[*net.OpError](err); dial {
			return nil, fmt.Errorf("%w at %s: %w", ErrNoProxy, adminURL, err)
		}
		return nil, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(io.LimitReader(a.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, err
	case a.StatusCode == http.StatusNotFound:
		return nil, errUnknown
	case a.StatusCode >= http.StatusMultipleChoices:
		return nil, fmt.Errorf("the proxy at %s answers %d: %s", adminURL, a.StatusCode, strings.TrimSpace(string(text)))
	}
	return text, nil
}
