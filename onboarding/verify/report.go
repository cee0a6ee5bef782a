package verify

import (
	"fmt"
	"slices"
	"strings"
)

// Level of a finding.
type Level string

// The levels of findings.
const (
	// Red means that the account is not confined as it should be.
	Red Level = "red"
	// Unknown means that something cannot be judged, so that nothing is proven.
	Unknown Level = "unknown"
	// Warning is a risk that the recipe accepts.
	Warning Level = "warning"
)

// Finding is one thing that is wrong.
type Finding struct {
	Level Level  `json:"level"`
	What  string `json:"what"`
	// ToDo says what to do about it, "" if What does.
	ToDo string `json:"toDo,omitempty"`
}

// Step is a part of a verification.
type Step struct {
	Name string `json:"name"`
	// Says what the step looked at, or why it was left out.
	Says     string    `json:"says"`
	Skipped  bool      `json:"skipped,omitempty"`
	Findings []Finding `json:"findings"`
}

// State is the step's worst finding in a word: ok, skipped, warning, unknown or red.
func (s Step) State() string {
	for _, level := range []Level{Red, Unknown, Warning} {
		if s.has(level) {
			return string(level)
		}
	}
	if s.Skipped {
		return "skipped"
	}
	return "ok"
}

func (s Step) has(level Level) bool {
	return slices.ContainsFunc(s.Findings, func(f Finding) bool { return f.Level == level })
}

// Attacks counts requests that must be refused.
type Attacks struct {
	Tried   int `json:"tried"`
	Refused int `json:"refused"`
	// NotSent is how many were left out because a finding says that they may succeed.
	NotSent int `json:"notSent"`
}

// Report is the result of a verification.
type Report struct {
	Realm string `json:"realm"`
	// Group is the tenant's group, "" if it has the whole realm.
	Group    string  `json:"group,omitempty"`
	ClientID string  `json:"clientId"`
	Steps    []Step  `json:"steps"`
	Attacks  Attacks `json:"attacks"`
	// Remains says what the account, or whoever steals its secret, can do nevertheless.
	Remains []string `json:"remains"`
	// Confined reports that the verification was completed and that Keycloak confines the account.
	// It is false if something cannot be judged, and for every tenant of a whole realm.
	Confined bool `json:"confined"`
	// OK reports that the verification was completed without a red finding.
	OK bool `json:"ok"`
}

func (r *Report) step(name, says string, findings ...Finding) {
	r.Steps = append(r.Steps, Step{Name: name, Says: says, Findings: append([]Finding{}, findings...)})
}

func (r *Report) skip(name, why string) {
	r.Steps = append(r.Steps, Step{Name: name, Says: why, Skipped: true, Findings: []Finding{}})
}

// Add adds a step that was done outside of Run. complete says whether the step came to an end.
func (r *Report) Add(s Step, complete bool) {
	r.Steps = append(r.Steps, s)
	r.conclude(r.OK && complete)
}

func (r *Report) conclude(complete bool) {
	r.OK = complete && !r.has(Red)
	r.Confined = r.OK && r.Group != "" && !r.has(Unknown)
}

// has reports whether there is a finding of a level.
func (r *Report) has(level Level) bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool { return s.has(level) })
}

// shown is how many findings of a step the text has.
const shown = 10

// Text has a line for each step, with its findings below it, then what remains possible and a
// summary.
func (r *Report) Text() string {
	var b strings.Builder
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "  %-14s %-8s %s\n", s.Name, s.State(), s.Says)
		for _, f := range s.Findings[:min(shown, len(s.Findings))] {
			fmt.Fprintf(&b, "  %-14s %-8s %s\n", "", f.Level, f.What)
			if f.ToDo != "" {
				fmt.Fprintf(&b, "  %-14s %-8s %s\n", "", "to do:", f.ToDo)
			}
		}
		if more := len(s.Findings) - shown; more > 0 {
			fmt.Fprintf(&b, "  %-14s %-8s and %d more\n", "", "", more)
		}
	}
	b.WriteString("What the account can still do, and whoever steals its secret:\n")
	for _, one := range r.Remains {
		fmt.Fprintf(&b, "  - %s\n", one)
	}
	b.WriteString(r.summary() + "\n")
	return b.String()
}

func (r *Report) summary() string {
	counts := ""
	if r.Attacks.Tried > 0 {
		counts = fmt.Sprintf(": %d attacks tried, %d refused", r.Attacks.Tried, r.Attacks.Refused)
	}
	if r.Attacks.NotSent > 0 {
		counts += fmt.Sprintf(", %d not sent", r.Attacks.NotSent)
	}
	switch {
	case !r.OK:
		return "NOT PROVEN" + counts
	case r.Confined:
		return "confined by Keycloak" + counts
	case r.Group != "":
		return "not everything can be judged" + counts
	}
	return "as it should be, and not confined: the tenant has the whole realm" + counts
}
