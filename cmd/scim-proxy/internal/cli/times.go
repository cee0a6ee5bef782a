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

// Since reads a time that is past: a span before now, a day in UTC, or an RFC 3339 time.
func Since(text string, now time.Time) (time.Time, error) {
	var at config.Date
	if d, ok := Span(text); ok {
		at.Time = now.Add(-d)
	} else if at.UnmarshalText([]byte(text)) != nil {
		return time.Time{}, Usage("%q is not a time: write a span such as 2h, or a time such as 2026-11-26T09:00:00Z", text)
	}
	if at.After(now) {
		return time.Time{}, Usage("%q is not in the past", text)
	}
	return at.UTC(), nil
}
