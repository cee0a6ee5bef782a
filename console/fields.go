package console

import (
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The kinds of fields.
const (
	text   = "text"
	number = "number" // a whole number from 1 to most, or nothing
	moment = "datetime-local"
	hidden = "hidden"
)

// field is a field of a form.
type field struct {
	name, label, hint, kind string
	usual                   string // value of an empty form
	required                bool
	most                    int // characters, or the largest number
}

// shown is a field in a form.
type shown struct {
	field
	ID, Name, Label, Hint, Kind, Value, Wrong string
}

// Most is the bound of a number or a text; Required whether it must have a value.
func (s shown) Most() int { return s.most }

// Required reports whether the field must have a value.
func (s shown) Required() bool { return s.required }

// read returns the values of the fields that were sent, and what is wrong with them.
func read(fields []field, r *http.Request) (values, wrong map[string]string) {
	values, wrong = map[string]string{}, map[string]string{}
	for _, f := range fields {
		v := r.PostFormValue(f.name)
		if f.kind != hidden {
			v = strings.TrimSpace(v)
		}
		if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
			v, wrong[f.name] = "", "This is not a text."
		}
		values[f.name] = v
		if says := f.check(v); says != "" {
			wrong[f.name] = says
		}
	}
	return values, wrong
}

// check says what is wrong with a value.
func (f field) check(v string) string {
	most := f.most
	if most == 0 {
		most = maxChosen
	}
	switch {
	case v == "" && f.required:
		return "This is needed."
	case v == "":
	case f.kind == number:
		if n, err := strconv.Atoi(v); err != nil || n < 1 || n > most {
			return "This must be a whole number from 1 to " + strconv.Itoa(most) + "."
		}
	case f.kind == moment:
		if _, err := parseMoment(v); err != nil {
			return "This must be a date and a time, such as 2026-01-31T15:04."
		}
	case utf8.RuneCountInString(v) > most:
		return "This may have at most " + strconv.Itoa(most) + " characters."
	}
	return ""
}

// parseMoment reads the value of a field for a time, which is in UTC.
func parseMoment(v string) (t time.Time, err error) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339, "2006-01-02"} {
		if t, err = time.Parse(layout, v); err == nil {
			return t.UTC(), nil
		}
	}
	return t, err
}

// time returns the value of a field for a time, zero if it is empty.
func (in input) time(name string) time.Time {
	t, _ := parseMoment(in.values[name]) // it was checked
	return t
}

// number returns the value of a number, 0 if it is empty.
func (in input) number(name string) int {
	n, _ := strconv.Atoi(in.values[name]) // it was checked
	return n
}

// expiry returns when a token expires that is valid for the days of the form; zero for no end.
func (in input) expiry() time.Time {
	if days := in.number("days"); days > 0 {
		return in.now.Add(time.Duration(days) * 24 * time.Hour)
	}
	return time.Time{}
}
