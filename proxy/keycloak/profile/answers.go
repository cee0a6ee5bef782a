package profile

import (
	"sync/atomic"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Answers tells whether Keycloak's answer to a create is the stored resource, as it is expected
// from 26.8 on, or only repeats the request, as on 26.7.3 (measured). It is decided by observation,
// and forgotten with the profile.
type Answers struct{ trusted atomic.Int32 }

// trust is how many creates are not read back after one whose answer was seen to be the stored
// resource.
const trust = 50

// Answers returns what was observed of creates of a type.
func (p *Profile) Answers(t scim.ResourceType) *Answers { return p.answers[t] }

// Stored reports whether the answer to the next create need not be compared with a GET.
func (a *Answers) Stored() bool {
	for {
		n := a.trusted.Load()
		if n == 0 || a.trusted.CompareAndSwap(n, n-1) {
			return n > 0
		}
	}
}

// Saw compares the answer to a create with what a GET shows. It proves something only if Keycloak
// stored another text than the one that was sent, such as a userName in lower case.
func (a *Answers) Saw(sent, answer, shown scim.Resource) {
	switch same := document.Same(answer.String(), shown.String()); {
	case !same:
		a.trusted.Store(0)
	case changed(sent, shown, "userName"), changed(sent, shown, "displayName"):
		a.trusted.Store(trust)
	}
}

func changed(sent, shown scim.Resource, name string) bool {
	raw := sent.Raw(name)
	return raw != "" && !document.Same(raw, shown.Raw(name))
}
