package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Status says how a check ended.
type Status string

// Statuses of a finding.
const (
	OK      Status = "ok"
	Warning Status = "warning" // it works, and is a risk or will fail
	Problem Status = "problem" // something does not work, or is open to attackers
	Skipped Status = "skipped" // not decided; the text says why
)

// Finding is the outcome of one check.
type Finding struct {
	// Subject is what was examined: proxy, store, keycloak, "realm NAME" or "tenant NAME".
	Subject string `json:"subject"`
	// Check names the check. Names are listed in docs/doctor.md.
	Check  string `json:"check"`
	Status Status `json:"status"`
	// Text says what was found.
	Text string `json:"text"`
	// Remedy says what to do about a problem or a warning.
	Remedy string `json:"remedy,omitempty"`
}

// Report has all findings: those of a subject together, in the order of the checks.
type Report struct {
	Findings []Finding `json:"findings"`
	Problems int       `json:"problems"`
	Warnings int       `json:"warnings"`
	Skipped  int       `json:"skipped"`
}

// Of returns the report of findings. It puts the subjects in order.
func Of(all []Finding) Report {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank(a.Subject), rank(b.Subject)), strings.Compare(a.Subject, b.Subject))
	})
	r := Report{Findings: all}
	for _, f := range all {
		switch f.Status {
		case Problem:
			r.Problems++
		case Warning:
			r.Warnings++
		case Skipped:
			r.Skipped++
		case OK:
		}
	}
	return r
}

func rank(subject string) int {
	kind, _, _ := strings.Cut(subject, " ")
	return slices.Index([]string{"proxy", "store", "keycloak", "realm", "tenant"}, kind)
}

// Text prints a line for each finding, below it what to do, and at the end how many there are.
func (r Report) Text() string {
	var out strings.Builder
	before := ""
	for _, f := range r.Findings {
		if f.Subject != before {
			fmt.Fprintln(&out, f.Subject)
			before = f.Subject
		}
		fmt.Fprintln(&out, strings.TrimRight(fmt.Sprintf("  %-8s %-14s %s", f.Status, f.Check, f.Text), " "))
		if f.Remedy != "" {
			fmt.Fprintf(&out, "  %-8s %-14s to do: %s\n", "", "", f.Remedy)
		}
	}
	fmt.Fprintf(&out, "%s, %s, %d skipped\n", count(r.Problems, "problem"), count(r.Warnings, "warning"), r.Skipped)
	return out.String()
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// Section collects the findings of one subject.
type Section struct {
	Subject string
	All     []Finding
}

// Add adds a finding.
func (s *Section) Add(check string, is Status, text, remedy string) {
	s.All = append(s.All, Finding{Subject: s.Subject, Check: check, Status: is, Text: text, Remedy: remedy})
}

// OK adds a finding of which nothing is wrong.
func (s *Section) OK(check, format string, args ...any) {
	s.Add(check, OK, fmt.Sprintf(format, args...), "")
}

// Skip adds a check that could not be decided, with the reason.
func (s *Section) Skip(check, format string, args ...any) {
	s.Add(check, Skipped, fmt.Sprintf(format, args...), "")
}
