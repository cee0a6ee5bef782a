package page

import (
	"fmt"
	"html/template"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Text makes a value that others chose fit to be read on a page: at most so many characters, on
// one line, and without characters that change the order of the text or cannot be seen. Those are
// shown by their code, such as ⟨202E⟩. It is not escaped: templates do that.
func Text(s string, most int) string {
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n >= most {
			b.WriteString("…")
			break
		}
		n++
		switch {
		case r == '\n' || r == '\t' || r == '\r' || r == ' ':
			b.WriteByte(' ')
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			b.WriteString("\uFFFD")
		case !unicode.IsGraphic(r) || unicode.Is(unicode.Variation_Selector, r):
			fmt.Fprintf(&b, "⟨%04X⟩", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// shortText and longText are the usual bounds of a name and of a sentence, in characters.
const (
	shortText = 120
	longText  = 1000
)

// maxLink bounds a value that is part of a link, in bytes.
const maxLink = 512

// functions of all templates: show and say bound a name and a sentence, stamp shows a time, num a
// number, short reports whether a value may be part of a link, and top returns the first of a list.
func functions() template.FuncMap {
	return template.FuncMap{
		"show":  func(s any) string { return Text(fmt.Sprint(s), shortText) },
		"say":   func(s any) string { return Text(fmt.Sprint(s), longText) },
		"stamp": stamp,
		"num":   Number,
		"top":   func(n int, list any) any { v := reflect.ValueOf(list); return v.Slice(0, min(n, v.Len())).Interface() },
		"short": func(s string) bool { return s != "" && len(s) <= maxLink },
	}
}

// stamp shows a time as text that is the same in every zone, and "never" for the zero time.
func stamp(t time.Time) template.HTML {
	if t.IsZero() {
		return "never"
	}
	t = t.UTC()
	//nolint:gosec // digits only
	return template.HTML(`<time datetime="` + t.Format(time.RFC3339) + `">` + t.Format("2006-01-02 15:04:05 MST") + `</time>`)
}

// Span shows a duration in its largest unit, rounded down.
func Span(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / u.unit); n == 1 {
			return "1 " + u.name
		} else if n > 1 {
			return strconv.Itoa(n) + " " + u.name + "s"
		}
	}
	return "less than a minute"
}

// Number shows a whole number with commas between thousands, and "not known" if it is negative.
func Number(n int) string {
	if n < 0 {
		return "not known"
	}
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
