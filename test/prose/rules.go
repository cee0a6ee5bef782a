package prose

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// MaxWidth is the maximum width of a line of prose in columns. A tab counts as four.
const MaxWidth = 100

// habit is a pattern that makes a text hard to read.
type habit struct {
	pattern *regexp.Regexp
	instead string         // what to write in its place
	unless  *regexp.Regexp // matches that are harmless; nil if there are none
}

func words(pattern, instead string) habit {
	return habit{pattern: regexp.MustCompile(`(?i)\b(?:` + pattern + `)\b`), instead: instead}
}

// habits has few patterns: only those of which nearly every match is a fault.
var habits = []habit{
	words(`somebody|anybody|everybody`, `name them: "users", "callers", "another process"`),
	words(`nobody`, `"no user", "no caller"`),
	words(`whom`, `"the users that"`),
	words(`(?:is|are|was|were|be|been|being) (?:told|said)`, `"returns", "reports", "is refused with 409"`),
	words(`found out`, `"detected", "noticed"`),
	words(`where (?:there )?(?:is|are) (?:none|no)|where none`, `"if there is none"`),
	words(`all the same`, `"nevertheless", or nothing`),
	words(`shown on|answered on`, `"stays in use"`),
	words(`for want of|lest|whence|wherein|thereof|whatsoever|of its own making`, `a plain sentence`),
	words(`another time`, `"again"`),
	words(`rooms|room (?:above|below)`, `"layer"`),
	{
		pattern: regexp.MustCompile(`(?i)\b(\w+) (?:is|are) no (\w+)`),
		instead: `"is not a"`,
		unless:  regexp.MustCompile(`(?i)^there |no (?:longer|more|less|larger|later|other)$`),
	},
	{pattern: regexp.MustCompile(`(?:^ ?|[.:;] )What [a-z][^?.]*\.`), instead: `a subject: "the values that", "anything that"`},
	{pattern: regexp.MustCompile(`\bR(?:[1-9]|1[0-9]|2[01])\b`), instead: `the name of the rule`},
}

// Check returns the problems of a line.
func Check(l Line) (problems []string) {
	if l.Width > MaxWidth && columns(link.ReplaceAllString(l.Text, "")) > MaxWidth-4 {
		problems = append(problems, fmt.Sprintf("%d columns, at most %d", l.Width, MaxWidth))
	}
	text := code.ReplaceAllString(l.Text, "``")
	for _, h := range habits {
		if m := h.pattern.FindString(text); m != "" && (h.unless == nil || !h.unless.MatchString(m)) {
			problems = append(problems, fmt.Sprintf("%q: write %s", strings.TrimSpace(m), h.instead))
		}
	}
	return problems
}

// link matches text that cannot be broken into lines: a URL, or the target of a Markdown link.
var link = regexp.MustCompile(`https?://\S+|\]\([^)]*\)`)

// code matches names and commands in a text, which may be any word.
var code = regexp.MustCompile("`[^`]*`|\\b\\w+(?:-\\w+)+\\b")

// columns returns the width of a text in columns.
func columns(text string) int {
	return utf8.RuneCountInString(text) + 3*strings.Count(text, "\t")
}
