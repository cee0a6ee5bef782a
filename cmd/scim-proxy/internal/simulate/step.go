package simulate

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The states of a step.
const (
	OK      = "ok"
	Failed  = "failed"
	Skipped = "skipped"
)

// Step is the result of one step. Its JSON is documented in docs/commands.md.
type Step struct {
	Name  string `json:"name"`
	Means string `json:"means"`
	// State is OK, Failed or Skipped.
	State string `json:"state"`
	// Why is the reason of a skipped step.
	Why string `json:"why,omitempty"`
	// Failure is what was wrong in a failed step.
	Failure *Failure `json:"failure,omitempty"`
}

// Failure is a state that an identity provider does not intend: the request, without its header,
// and what was expected and shown after it. Texts are cut.
type Failure struct {
	Sent     string `json:"sent,omitempty"`
	Expected string `json:"expected"`
	Shown    string `json:"shown"`
}

// Error is the failure on one line.
func (f *Failure) Error() string {
	return fmt.Sprintf("sent %s; expected %s; shown %s", f.Sent, f.Expected, f.Shown)
}

// Text is the step for people.
func (s Step) Text() string {
	switch s.State {
	case Skipped:
		return fmt.Sprintf("skip  %-10s  %s\n", s.Name, s.Why)
	case Failed:
		return fmt.Sprintf("FAIL  %-10s  %s\n        sent      %s\n        expected  %s\n        shown     %s\n", s.Name, s.Means, s.Failure.Sent, s.Failure.Expected, s.Failure.Shown)
	}
	return fmt.Sprintf("ok    %-10s  %s\n", s.Name, s.Means)
}

// maxText is the maximum length of a text of a failure in bytes.
const maxText = 1000

// without returns the failure for people: on one line each, cut, and without the token, which a
// server may repeat in an answer.
func (f Failure) without(token string) *Failure {
	for _, text := range []*string{&f.Sent, &f.Expected, &f.Shown} {
		*text = strings.Join(strings.Fields(strings.ReplaceAll(*text, token, "<token>")), " ")
		if n := len(*text); n > maxText {
			cut := maxText
			for !utf8.RuneStart((*text)[cut]) {
				cut--
			}
			*text = fmt.Sprintf("%s… (%d bytes more)", (*text)[:cut], n-cut)
		}
	}
	return &f
}
