package unit

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// Size is a number of bytes, written as a number or with KiB, MiB or GiB.
type Size int64

type unit struct {
	name string
	size int64
}

func units() []unit { return []unit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} }

// UnmarshalText reads a size. KB and MB are refused, because they are ambiguous.
func (s *Size) UnmarshalText(b []byte) error {
	text, factor := string(b), int64(1)
	for _, u := range units() {
		if t, ok := strings.CutSuffix(text, u.name); ok {
			text, factor = strings.TrimSuffix(t, " "), u.size
			break
		}
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || int64(n) > math.MaxInt64/factor {
		return errors.New("must be a size such as 8MiB")
	}
	*s = Size(int64(n) * factor)
	return nil
}

// String is the size as it is written.
func (s Size) String() string {
	for _, u := range units() {
		if n := int64(s); n >= u.size && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// Duration is a duration, written as 20s or 1m30s.
type Duration time.Duration

// UnmarshalText reads a duration. A number without a unit is refused.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return errors.New("must be a duration such as 20s")
	}
	*d = Duration(v)
	return nil
}

// String is the duration as it is written.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Std returns the duration as a time.Duration.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// Date is an RFC 3339 time, or a day, which means its beginning in UTC.
type Date struct{ time.Time }

// Reached reports whether there is a date, and now is not before it.
func (d Date) Reached(now time.Time) bool { return !d.IsZero() && !now.Before(d.Time) }

// UnmarshalText reads a date.
func (d *Date) UnmarshalText(b []byte) error {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, string(b)); err == nil {
			d.Time = t.UTC()
			return nil
		}
	}
	return errors.New("must be a date such as 2027-11-23")
}
