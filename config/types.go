package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Size in bytes: a number, or one with KiB, MiB or GiB.
type Size int64

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(b []byte) error {
	text, factor := string(b), int64(1)
	for unit, f := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if t, ok := strings.CutSuffix(text, unit); ok {
			text, factor = strings.TrimSpace(t), f
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return errors.New("must be a size such as 8MiB")
	}
	*s = Size(n * factor)
	return nil
}

// String is the size as it is written.
func (s Size) String() string {
	for _, unit := range []struct {
		name string
		size Size
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if s >= unit.size && s%unit.size == 0 {
			return strconv.FormatInt(int64(s/unit.size), 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// String is the duration as it is written.
func (d Duration) String() string { return time.Duration(d).String() }

// Duration such as 20s or 1m30s.
type Duration time.Duration

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return errors.New("must be a duration such as 20s")
	}
	*d = Duration(v)
	return nil
}

// Std is the duration as the standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// Date is a day, its beginning in UTC, or an RFC 3339 time.
type Date struct{ time.Time }

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

// Problem is one thing that is wrong.
type Problem struct {
	File         string
	Line, Column int // 0 where the key is absent
	Path         string
	Message      string
}

// String is one line for the operator.
func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	if p.Path != "" {
		where += " " + p.Path
	}
	return strings.TrimSpace(where) + ": " + p.Message
}

// Problems is everything that is wrong, as an error.
type Problems []Problem

// Error has one line per problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}
