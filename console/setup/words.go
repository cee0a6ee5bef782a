package setup

import (
	"fmt"

	"keycloak-scim-proxy/proxy/checklist"
)

// Done is how many lines are green or waived.
func (p Progress) Done() (n int) {
	for _, l := range p.Lines {
		if l.State == checklist.Green || l.State == checklist.Waived {
			n++
		}
	}
	return n
}

// note says in a sentence how far the set-up is.
func (p Progress) note() string {
	return fmt.Sprintf("%d of %d steps of the checklist are done.", p.Done(), len(p.Lines))
}

// Note is note for templates.
func (p Progress) Note() string { return p.note() }
