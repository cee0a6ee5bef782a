package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// maxTerms bounds the members that an entry is found by. An entry with more is found by wide.
const maxTerms = 500

const (
	openTerm = "open"
	wideTerm = "wide"
	outTerm  = "out:"
	deadTerm = "dead:"
)

// terms are what the entry is found by.
func (e Entry) terms() []string {
	var out []string
	add := func(kind, value string) {
		if value != "" {
			out = append(out, term(kind, value))
		}
	}
	if e.State == Open {
		out = append(out, openTerm)
	}
	add("request", e.Request)
	add("ref", e.Target)
	for _, n := range e.Names {
		add("name", n)
	}
	if len(e.Added)+len(e.Removed) > maxTerms {
		out = append(out, wideTerm)
	} else {
		for _, ids := range [][]string{e.Added, e.Removed} {
			for _, id := range ids {
				add("ref", id)
			}
		}
	}
	for _, r := range e.Outbox {
		out = append(out, outTerm+r)
	}
	for _, r := range e.Dead {
		out = append(out, deadTerm+r)
	}
	return out
}

// learn notes the names that the entry is found by.
func (e *Entry) learn() {
	names := []string{e.Name}
	id := scim.Identifying(e.Type)
	for _, c := range e.Changes {
		if strings.EqualFold(c.Path, id.String()) {
			names = append(names, document.Text(c.Old), document.Text(c.New))
		}
	}
	for _, n := range names {
		if h := nameHash(e.Type, n); n != "" && !slices.Contains(e.Names, h) {
			e.Names = append(e.Names, h)
		}
	}
}

// nameHash is what a name is found by. Names are compared without letter case.
func nameHash(t scim.ResourceType, name string) string {
	sum := sha256.Sum256([]byte(string(t) + "\x00" + document.Lower(document.Trim(name))))
	return hex.EncodeToString(sum[:16])
}

// term is what an entry is found by for a value. Long values are cut, because terms are bounded; an
// entry that is found is compared with the whole value.
func term(kind, value string) string { return kind + ":" + document.Cut(value, maxTerm) }

// maxTerm is how many characters of a value a term has.
const maxTerm = 200
