package scimclient

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	// attempts of a request. With the first pause of a second they take half a minute, which is
	// enough for a server that restarts.
	attempts = 6
	// maxPause is the longest pause, whatever the server asks for.
	maxPause = time.Minute
)

// retrying is a client that repeats requests that were answered with 429 or 503, because a server that
// answers so has not begun them.
func retrying(once *http.Client, first time.Duration) *http.Client {
	c := retryablehttp.NewClient()
	c.HTTPClient, c.Logger = once, nil
	c.RetryMax, c.RetryWaitMin, c.RetryWaitMax = attempts-1, first, maxPause
	c.CheckRetry, c.Backoff, c.ErrorHandler = busy, backoff, retryablehttp.PassthroughErrorHandler
	patient := c.StandardClient()
	patient.CheckRedirect = once.CheckRedirect
	return patient
}

func busy(ctx context.Context, res *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return err == nil && (res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable), nil
}

func backoff(first, most time.Duration, n int, res *http.Response) time.Duration {
	return Pause(first, most, n+1, retryAfter(res))
}

// Pause is how long to wait after the n-th attempt, from 1: first, doubled with every attempt, or what
// the server asked for if that is longer, and never more than most.
func Pause(first, most time.Duration, n int, asked time.Duration) time.Duration {
	return min(max(asked, first<<(n-1)), most)
}

// retryAfter is what the header asks for in seconds. A date is not read: clocks differ.
func retryAfter(res *http.Response) time.Duration {
	s, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil {
		return 0
	}
	return time.Duration(s) * time.Second
}
