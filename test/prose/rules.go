package prose

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// MaxWidth is how many columns a line of prose may have. A tab counts as four.
const MaxWidth = 100

// habit is a way of writing that makes a text hard to read, and what to write in its place.
type habit struct {
	pattern *regexp.Regexp
	instead string
	// unless is what makes the match harmless, if it is not nil.
	unless *regexp.Regexp
}

func words(pattern, instead string) habit {
	return habit{pattern: regexp.MustCompile(`(?i)\b(?:` + pattern + `)\b`), instead: instead}
}

// habits are few, and such that a match is nearly always a fault.
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

// Check returns what is wrong with a line.
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

// link is what cannot be broken into lines: a URL, or the target of a Markdown link.
var link = regexp.MustCompile(`https?://\S+|\]\([^)]*\)`)

// code is a name or a command in a text, which may be any word.
var code = regexp.MustCompile("`[^`]*`")

// columns is the width of a text on a screen.
func columns(text string) int {
	return utf8.RuneCountInString(text) + 3*strings.Count(text, "\t")
}
