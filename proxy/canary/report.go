package canary

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Report is what came of a canary.
type Report struct {
	Tenant string `json:"tenant"`
	IDP    string `json:"idp"`
	// Canary is the userName.
	Canary string    `json:"canary"`
	At     time.Time `json:"at"`
	// Green means that every step succeeded and every attribute survived.
	Green      bool   `json:"green"`
	Steps      []Step `json:"steps"`
	Attributes []Row  `json:"attributes"`
	// Live means that the tenant carries out writes now; Since is the time since when, if a proof
	// made it so.
	Live  bool      `json:"live"`
	Since time.Time `json:"since,omitzero"`
}

// Step is one thing that was done with the canary.
type Step struct {
	Name  string `json:"name"`
	Means string `json:"means"`
	// Wrong is empty if the step succeeded.
	Wrong string `json:"wrong,omitempty"`
}

// Row is what became of an attribute.
type Row struct {
	Attribute string `json:"attribute"`
	Required  bool   `json:"required"`
	// Survived means that the values of create and update were read as they were sent.
	Survived bool `json:"survived"`
	// Lives is where: Keycloak, store, or both for an attribute with parts.
	Lives string `json:"lives,omitempty"`
	// Wrong is what was lost. Without it, an attribute that did not survive was not tried to the
	// end.
	Wrong string `json:"wrong,omitempty"`
}

// conclude decides whether the report is green.
func (r *Report) conclude() {
	r.Green = len(r.Steps) > 0 &&
		!slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Wrong != "" }) &&
		!slices.ContainsFunc(r.Attributes, func(a Row) bool { return !a.Survived })
}

// Text is the report for people.
func (r *Report) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "canary %s of tenant %s, as %s writes users\n", r.Canary, r.Tenant, r.IDP)
	for _, s := range r.Steps {
		state, more := "ok  ", ""
		if s.Wrong != "" {
			state, more = "FAIL", "\n      "+s.Wrong
		}
		fmt.Fprintf(&b, "%s  %-10s  %s%s\n", state, s.Name, s.Means, more)
	}
	width := 0
	for _, a := range r.Attributes {
		width = max(width, len(a.Attribute))
	}
	for _, a := range r.Attributes {
		state, lives := "ok  ", "lives in "+a.Lives
		switch {
		case a.Wrong != "":
			state, lives = "LOST", a.Wrong
		case !a.Survived:
			state, lives = "open", "not tried, because of the step that failed"
		}
		required := ""
		if a.Required {
			required = "required"
		}
		fmt.Fprintf(&b, "%s  %-*s  %-8s  %s\n", state, width, a.Attribute, required, lives)
	}
	switch {
	case !r.Green:
		fmt.Fprintf(&b, "red: the tenant %s is not verified; nothing has changed\n", r.Tenant)
	default:
		fmt.Fprintf(&b, "green: the tenant %s is live since %s\n", r.Tenant, r.Since.Format(time.RFC3339))
	}
	return b.String()
}
