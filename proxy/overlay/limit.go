package overlay

import (
	"encoding/json"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// roomy: resources smaller than limit/roomy are not measured. In a record each text stands twice, as asked and as shown, and its quotes are
// escaped.
const roomy = 8

// fits refuses what cannot be kept, before Keycloak is asked. Shown is what Keycloak is expected to show.
func (d *Directory) fits(t scim.ResourceType, wanted, shown scim.Resource) error {
	if len(terms(t, wanted)) > store.MaxTerms {
		return tooManyTerms()
	}
	if roomy*(len(wanted.String())+len(shown.String())) <= d.limit {
		return nil
	}
	rem := d.intended(t, wanted)
	for i, p := range rem.Pairs {
		rem.Pairs[i].Witness = shown.Get(p.Path)
	}
	return d.check(t, rem, wanted)
}

func tooManyTerms() error {
	return scim.TooMany("externalId and emails have more than %d values", store.MaxTerms)
}

// intended is the most that a write can leave to keep: all that was asked for and that Keycloak may show otherwise.
func (d *Directory) intended(t scim.ResourceType, wanted scim.Resource) remainder {
	rem := remainder{Type: t}
	for _, l := range wanted.Leaves() {
		if d.Able().Holding(t, l.Path) != scim.Native && !apart(l.Path) {
			rem.Pairs = append(rem.Pairs, pair{Path: l.Path, Asked: l.Raw, Slot: -1})
		}
	}
	return rem
}

// check refuses a remainder, or index terms of a resource, that the store would refuse.
func (d *Directory) check(t scim.ResourceType, rem remainder, wanted scim.Resource) error {
	body, err := json.Marshal(rem)
	switch {
	case err != nil:
		return err
	case len(body) > d.limit:
		return scim.Fail(413, "", "the attributes that Keycloak does not hold need %d bytes; at most %d are kept of one resource", len(body), d.limit)
	case len(terms(t, wanted)) > store.MaxTerms:
		return tooManyTerms()
	}
	return nil
}
