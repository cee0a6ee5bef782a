package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

type object = map[string]any

// client sends requests of one tenant, to the replicas in turn, as a load balancer does.
type client struct {
	tenant   *tenant
	replicas []*replica
	next     int
	http     http.Client
	report   *report
}

func newClient(w *world, tenant *tenant, r *report) *client {
	c := &client{tenant: tenant, replicas: w.replicas, report: r}
	c.http = http.Client{Timeout: limitRequest + margin, Transport: &http.Transport{MaxIdleConnsPerHost: 2}}
	return c
}

// answer is a status below 500 with the JSON of the body, if any.
type answer struct {
	status int
	body   object
}

// again is the error of an attempt that a provider repeats: no answer, 429, 502, 503, 504.
type again struct {
	why   string
	after time.Duration
}

func (e again) Error() string { return e.why }

// send sends a request once. The error is again, or of an answer that no provider expects.
func (c *client) send(ctx context.Context, method, path string, body object) (answer, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return answer{}, err
		}
	}
	c.next++
	to := c.replicas[c.next%len(c.replicas)].url + "/tenants/" + c.tenant.name + "/scim/v2" + path
	req, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(text))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.tenant.token)
	if text != nil {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	begun := time.Now()
	status, b, header, err := c.attempt(req)
	c.report.attempt(c.tenant.name, attempt{method + " " + path, status, time.Since(begun)})
	switch {
	case err != nil:
		return answer{}, again{why: method + ": " + err.Error()}
	case status == http.StatusTooManyRequests, status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(header.Get("Retry-After")) // 0 without the header
		return answer{}, again{fmt.Sprintf("%s: %d %s", method, status, b), time.Duration(seconds) * time.Second}
	case status >= 500 || status == http.StatusUnauthorized || status == http.StatusForbidden:
		return answer{}, fmt.Errorf("%s %s: %d %s", method, path, status, b)
	}
	a := answer{status: status}
	if len(b) > 0 {
		err = json.Unmarshal(b, &a.body)
	}
	return a, err
}

func (c *client) attempt(req *http.Request) (status int, body []byte, header http.Header, err error) {
	res, err := c.http.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil { // the answer was cut off
		return 0, nil, nil, err
	}
	return res.StatusCode, body, res.Header, nil
}

// want sends a request and fails for other statuses than these.
func (c *client) want(ctx context.Context, method, path string, body object, statuses ...int) (answer, error) {
	a, err := c.send(ctx, method, path, body)
	if err != nil {
		return a, err
	}
	if slices.Contains(statuses, a.status) {
		return a, nil
	}
	return a, fmt.Errorf("%s %s: %d %v, want %v", method, path, a.status, a.body, statuses)
}

// find returns the resources that a filter matches, at most 200, and how many there are.
func (c *client) find(ctx context.Context, endpoint, filter string) (found []object, total int, err error) {
	return c.list(ctx, endpoint+"?count=200&filter="+url.QueryEscape(filter))
}

// list returns the resources of a page, and how many there are on all pages.
func (c *client) list(ctx context.Context, path string) (page []object, total int, err error) {
	a, err := c.want(ctx, http.MethodGet, path, nil, http.StatusOK)
	if err != nil {
		return nil, 0, err
	}
	list, _ := a.body["Resources"].([]any)
	for _, e := range list {
		if o, ok := e.(object); ok {
			page = append(page, o)
		}
	}
	n, _ := a.body["totalResults"].(float64)
	return page, int(n), nil
}

// repeat tries until the error is not again, with growing pauses, or patience ends.
func repeat(ctx context.Context, try func(n int) error) error {
	until := time.Now().Add(patience)
	for n := 0; ; n++ {
		err := try(n)
		e, repeated := errors.AsType[again](err)
		if !repeated {
			return err
		}
		if time.Now().After(until) {
			return fmt.Errorf("gave up after %d attempts: %w", n+1, err)
		}
		pause(ctx, max(e.after, min(5*time.Second, 250*time.Millisecond<<min(n, 10))))
	}
}
