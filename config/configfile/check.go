package configfile

import (
	"slices"
	"strings"
)

// rule is one condition: a path and what is wrong there, or the empty string.
type rule struct{ path, wrong string }

func (d document) check(rules ...rule) {
	for _, r := range rules {
		if r.wrong != "" {
			d.Wrong(r.path, r.wrong)
		}
	}
}

// unless returns the message if the condition does not hold.
func unless(holds bool, message string) string {
	if holds {
		return ""
	}
	return message
}

// optional checks a value that is not empty.
func optional(value string, check func(string) string) string {
	if value == "" {
		return ""
	}
	return check(value)
}

// one reports whether exactly one of the values is not empty.
func one(values ...string) bool {
	set := 0
	for _, v := range values {
		if v != "" {
			set++
		}
	}
	return set == 1
}

func required(value string) string { return unless(value != "", "is required") }

func positive[N ~int | ~int64 | ~float64](n N) string { return unless(n > 0, "must be more than 0") }

func oneOf(value string, allowed ...string) string {
	last := len(allowed) - 1
	return unless(slices.Contains(allowed, value), "must be "+strings.Join(allowed[:last], ", ")+" or "+allowed[last])
}
