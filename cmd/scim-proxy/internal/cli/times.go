package cli

import (
	"math"
	"strconv"
	"strings"
	"time"

	"keycloak-scim-proxy/config"
)

// Span reads a span of time such as 90d, 24h or 1h30m. It is not negative.
func Span(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 32)
		return time.Duration(n) * 24 * time.Hour, err == nil && n <= math.MaxInt64/uint64(24*time.Hour)
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0
}

// Since reads the beginning of a time that ends now: a span, a day in UTC, or an RFC 3339 time. It
// must be in the past.
func Since(text string, now time.Time) (time.Time, error) {
	var begin config.Date
	if d, ok := Span(text); ok {
		begin.Time = now.Add(-d)
	} else if begin.UnmarshalText([]byte(text)) != nil {
		return time.Time{}, Usage("%q is not a time: write a span such as 2h, a day such as 2026-11-23, or an RFC 3339 time", text)
	}
	if begin.After(now) {
		return time.Time{}, Usage("%q is not in the past", text)
	}
	return begin.UTC(), nil
}

// Until reads the end of a time that begins now: a span, a day in UTC, or an RFC 3339 time. It must
// be in the future. Its seconds are whole.
func Until(text string, now time.Time) (time.Time, error) {
	var end config.Date
	if d, ok := Span(text); ok {
		end.Time = now.Add(d)
	} else if end.UnmarshalText([]byte(text)) != nil {
		return time.Time{}, Usage("%q is not a time: write a span such as 90d, or a date such as 2027-11-23", text)
	}
	if !end.After(now) {
		return time.Time{}, Usage("%q is not in the future", text)
	}
	return end.UTC().Truncate(time.Second), nil
}
