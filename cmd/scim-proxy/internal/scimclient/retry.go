package scimclient

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	// attempts is the maximum number of attempts of a request. With a first pause of 1 s they
	// take 31 s, enough for a server that restarts.
	attempts = 6
	// maxPause is the maximum pause, even if the server asks for a longer one.
	maxPause = time.Minute
)

// newRetrying returns a client that repeats requests that were answered with 429 or 503, because
// the server has not begun those.
func newRetrying(once *http.Client, first time.Duration) *http.Client {
	c := retryablehttp.NewClient()
	c.HTTPClient, c.Logger = once, nil
	c.RetryMax, c.RetryWaitMin, c.RetryWaitMax = attempts-1, first, maxPause
	c.CheckRetry, c.Backoff, c.ErrorHandler = busy, backoff, retryablehttp.PassthroughErrorHandler
	retrying := c.StandardClient()
	retrying.CheckRedirect = once.CheckRedirect
	return retrying
}

func busy(ctx context.Context, res *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return err == nil && (res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable), nil
}

func backoff(first, most time.Duration, n int, res *http.Response) time.Duration {
	return Pause(first, most, n+1, retryAfter(res.Header))
}

// Pause returns how long to wait after the n-th attempt, from 1: first, doubled with every
// attempt, or asked if that is longer, and at most most.
func Pause(first, most time.Duration, n int, asked time.Duration) time.Duration {
	return min(max(asked, first<<(n-1)), most)
}

// retryAfter returns the seconds in the Retry-After header. It ignores a date, because clocks
// differ.
func retryAfter(h http.Header) time.Duration {
	s, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil {
		return 0
	}
	return time.Duration(s) * time.Second
}
