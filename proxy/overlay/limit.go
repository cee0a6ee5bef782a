package overlay

import (
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// fits refuses what cannot be kept, before Keycloak is asked. Shown is what Keycloak is expected to show. What Keycloak holds is counted
// too: it is little, and telling it apart costs more than counting it.
func (d *Directory) fits(t scim.ResourceType, wanted, shown scim.Resource) error {
	size := quoted(shown.String()) // what is shown of all leaves together
	for l := range wanted.Leaves() {
		size += override{Path: l.Path, Requested: l.Raw}.size()
	}
	return d.check(t, size, wanted)
}

// intended is the most that a create can leave to keep: all that was asked for and that Keycloak may show otherwise.
func (d *Directory) intended(t scim.ResourceType, wanted scim.Resource) remainder {
	rem := remainder{Type: t}
	for l := range wanted.Leaves() {
		if d.keeps(t, l.Path) {
			rem.Overrides = append(rem.Overrides, override{Path: l.Path, Requested: l.Raw, Index: -1})
		}
	}
	return rem
}

// keeps reports whether something may have to be kept of a leaf.
func (d *Directory) keeps(t scim.ResourceType, p scim.AttrPath) bool {
	return d.Capabilities().Placement(t, p) != directory.Native && !apart(p)
}

// check refuses a record of a size, or index terms of a resource, that are above the limits.
func (d *Directory) check(t scim.ResourceType, size int, wanted scim.Resource) error {
	if len(terms(t, wanted)) > store.MaxTerms {
		return scim.TooMany("externalId and emails have more than %d values", store.MaxTerms)
	}
	return d.checkSize(size)
}

func (d *Directory) checkSize(size int) error {
	if size > d.limit {
		return scim.Fail(413, "", "the attributes that Keycloak does not hold need %d bytes; at most %d are kept of one resource", size, d.limit)
	}
	return nil
}

func (rem remainder) size() (n int) {
	for _, p := range rem.Overrides {
		n += p.size()
	}
	return n
}

// pairOverhead is more than what stands in a record around the texts of a pair.
const overrideOverhead = 100

// size is at least the bytes of a pair in a record.
func (p override) size() int {
	return overrideOverhead + quoted(p.Path.URN) + quoted(p.Path.Name) + quoted(p.Path.Sub) + quoted(p.Requested) + quoted(p.Observed)
}

// quoted is at least the length of a text as encoding/json writes it, without writing it.
func quoted(s string) int {
	n := len(s)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			n++
		case c < ' ' || c == '<' || c == '>' || c == '&' || c == 0xE2: // 0xE2 begins U+2028, which is escaped
			n += 5
		}
	}
	return n
}
