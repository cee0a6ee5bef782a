package checkcmd

import (
	"fmt"
	"strings"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/health"
)

// Report is what a check found of a tenant. Its JSON is documented in docs/commands.md.
type Report struct {
	Tenant   string `json:"tenant"`
	Realm    string `json:"realm"`
	ClientID string `json:"clientID"`
	Works    bool   `json:"works"`
	Steps    []Step `json:"steps"`
}

// The states of a step.
const (
	ok      = "ok"
	failed  = "failed"
	unknown = "unknown" // it could not be decided
)

// Step is one thing that a tenant needs.
type Step struct {
	Step  string `json:"step"`
	State string `json:"state"`
	// Cause is that of the fault, as in metrics.
	Cause string `json:"cause,omitempty"`
	// Text says what is wrong, why the state is unknown, or what else there is to know.
	Text string `json:"text,omitempty"`
	// Said is what Keycloak said, Remedy what to do.
	Said   string `json:"said,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

func reportOf(t config.Tenant, found health.Report) Report {
	r := Report{Tenant: t.Tenant, Realm: t.Realm, ClientID: t.ServiceAccount.ClientID, Works: found.Works(), Steps: []Step{}}
	for _, f := range found {
		s := Step{Step: string(f.Step), State: ok, Text: f.Note}
		switch {
		case f.Fault != nil:
			s.State, s.Cause, s.Text = failed, string(f.Fault.Cause), f.Fault.Wrong()
			s.Said, s.Remedy = f.Fault.Said, f.Fault.Remedy()
		case f.Open != nil:
			s.State, s.Text = unknown, f.Open.Error()
		}
		r.Steps = append(r.Steps, s)
	}
	return r
}

// text has a line for each step, and below one that failed what Keycloak said and what to do.
func (r Report) text() string {
	lines := []string{fmt.Sprintf("tenant %s: realm %s, client %s", r.Tenant, r.Realm, r.ClientID)}
	line := func(step, state, text string) {
		lines = append(lines, strings.TrimRight(fmt.Sprintf("  %-9s %-8s %s", step, state, text), " "))
	}
	for _, s := range r.Steps {
		if s.State != failed {
			line(s.Step, s.State, s.Text)
			continue
		}
		line(s.Step, "FAILED", s.Text)
		if s.Said != "" {
			line("", "", s.Said)
		}
		line("", "to do:", s.Remedy)
	}
	return strings.Join(lines, "\n") + "\n"
}
