package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify"
)

// marks are the words that begin a line of the text.
var marks = map[string]string{certify.Pass: "ok", certify.Fail: "FAIL", certify.Skip: "skip", certify.Unknown: "?"}

// Text writes a report with a line for each requirement and more below those that failed.
func Text(out io.Writer, r certify.Report) error {
	var b strings.Builder
	width := 0
	for _, one := range r.Results {
		width = max(width, len(one.ID))
	}
	fmt.Fprintf(&b, "%s, profile %s, begun %s\n", r.URL, strings.Join(r.Profiles, ", "), written(r.At))
	for _, one := range r.Results {
		mark := marks[one.State]
		if one.State == certify.Fail && one.Level != "must" {
			mark = "warn"
		}
		fmt.Fprintf(&b, "%-4s  %-*s  %s\n", mark, width, one.ID, one.Text)
		if one.State == certify.Fail {
			for _, line := range [][2]string{{"clause", one.Clause + " (" + string(one.Level) + ")"}, {"sent", one.Failure.Sent}, {"expected", one.Failure.Expected}, {"shown", one.Failure.Shown}} {
				if line[1] != "" {
					fmt.Fprintf(&b, "        %-8s  %s\n", line[0], line[1])
				}
			}
		} else if one.Why != "" {
			fmt.Fprintf(&b, "        because   %s\n", one.Why)
		}
	}
	textTenant(&b, r.Tenant)
	b.WriteString("\n")
	for _, line := range summary(r) {
		b.WriteString(line + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// summary has a line for each profile with its counts, and the end of the run.
func summary(r certify.Report) (lines []string) {
	for _, name := range certify.Profiles() {
		if c := r.Counted(name); c != (certify.Count{}) {
			lines = append(lines, fmt.Sprintf("%-10s %s", name, c))
		}
	}
	if r.Interrupted {
		lines = append(lines, "The run was interrupted.")
	}
	for _, path := range r.Left {
		lines = append(lines, "could not be removed: "+path)
	}
	return lines
}

func textTenant(b *strings.Builder, t *certify.Tenant) {
	if t == nil {
		return
	}
	fmt.Fprintf(b, "\ntenant %s, identity provider %s. %s\n", t.Name, t.IDP, t.About())
	for _, l := range t.Checklist {
		fmt.Fprintf(b, "%-6s  %s  %s\n", l.State, l.Name, l.Reason)
	}
	for _, one := range t.Rules {
		fmt.Fprintf(b, "rule %s fired %d times: %s\n", one.Name, one.Times, one.Says)
	}
}

// written is a time for people.
func written(at time.Time) string { return at.UTC().Format(time.RFC3339) }
