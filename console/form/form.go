// Package form has the fields of forms: what they ask for, and whether what was sent may be used.
package form

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The kinds of fields.
const (
	Text   = "text"
	Number = "number"         // a whole number from 1 to Most
	Moment = "datetime-local" // a time in UTC
	Hidden = "hidden"
)

// MaxText bounds a text without a bound of its own in characters, and a value of a query in bytes.
const MaxText = 512

// Field is a field of a form.
type Field struct {
	Name, Label, Hint, Kind string
	// Usual is the value of an empty form.
	Usual    string
	Required bool
	// Most is the largest number, or the longest text in characters; 0 is MaxText.
	Most int
}

// Shown is a field in a form.
type Shown struct {
	Field
	ID, Value, Wrong string
}

// Show returns the fields with values, and with what is wrong with them.
func Show(fields []Field, values Values, wrong map[string]string) (all []Shown) {
	for _, f := range fields {
		value, given := values[f.Name]
		if !given {
			value = f.Usual
		}
		all = append(all, Shown{f, "field-" + f.Name, value, wrong[f.Name]})
	}
	return all
}

// Values are those of fields, by their names.
type Values map[string]string

// Time returns the value of a field for a time, zero if it is empty.
func (v Values) Time(name string) time.Time {
	t, _ := moment(v[name]) // Read has checked it
	return t
}

// Number returns the value of a field for a number, 0 if it is empty.
func (v Values) Number(name string) int {
	n, _ := strconv.Atoi(v[name]) // Read has checked it
	return n
}

// Hours returns the duration of a number of hours.
func (v Values) Hours(name string) time.Duration { return time.Duration(v.Number(name)) * time.Hour }

// Days returns the duration of a number of days.
func (v Values) Days(name string) time.Duration {
	return 24 * time.Duration(v.Number(name)) * time.Hour
}

// Chosen returns a value of a query, or "" if it is too long or not a text.
func Chosen(r *http.Request, name string) string {
	s := r.URL.Query().Get(name)
	if len(s) > MaxText || !isText(s) {
		return ""
	}
	return s
}

// Asked returns the values of the fields that the query has. complete is false if a hidden field
// that is needed has none.
func Asked(fields []Field, r *http.Request) (values Values, complete bool) {
	values = Values{}
	for _, f := range fields {
		if given := Chosen(r, f.Name); given != "" {
			values[f.Name] = given
		}
	}
	return values, !slices.ContainsFunc(fields, func(f Field) bool { return f.Kind == Hidden && f.Required && values[f.Name] == "" })
}

// Read returns the values of the fields that were sent, and what is wrong with them.
func Read(fields []Field, r *http.Request) (values Values, wrong map[string]string) {
	values, wrong = Values{}, map[string]string{}
	for _, f := range fields {
		v := r.PostFormValue(f.Name)
		if f.Kind != Hidden {
			v = strings.TrimSpace(v)
		}
		says := "This is not a text."
		if isText(v) {
			values[f.Name], says = v, f.check(v)
		}
		if says != "" {
			wrong[f.Name] = says
		}
	}
	return values, wrong
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// check says what is wrong with a value.
func (f Field) check(v string) string {
	most := f.Most
	if most == 0 {
		most = MaxText
	}
	switch {
	case v == "" && f.Required:
		return "This is needed."
	case v == "":
	case f.Kind == Number:
		if n, err := strconv.Atoi(v); err != nil || n < 1 || n > most {
			return "This must be a whole number from 1 to " + strconv.Itoa(most) + "."
		}
	case f.Kind == Moment:
		if _, err := moment(v); err != nil {
			return "This must be a date and a time, such as 2026-01-31T15:04."
		}
	case utf8.RuneCountInString(v) > most:
		return "This may have at most " + strconv.Itoa(most) + " characters."
	}
	return ""
}

// moment reads a time in a form that browsers send.
func moment(v string) (t time.Time, err error) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339, "2006-01-02"} {
		if t, err = time.Parse(layout, v); err == nil {
			return t.UTC(), nil
		}
	}
	return t, err
}
