package overlay

import (
	"encoding/json"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// roomy is how much smaller than the limit a resource must be that is not measured: as a record each text stands twice, as asked and as shown,
// and its quotes are escaped.
const roomy = 8

// fits refuses what cannot be kept, before Keycloak is asked. Shown is what Keycloak is expected to show.
func (d *Directory) fits(t scim.ResourceType, wanted, shown scim.Resource) error {
	if roomy*(len(wanted.String())+len(shown.String())) <= d.limit {
		return nil
	}
	return d.check(t, d.intended(t, wanted), wanted)
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
		return &scim.Error{Status: 413, Detail: "the attributes that Keycloak does not hold are larger than what is kept of one resource"}
	case len(terms(t, wanted)) > store.MaxTerms:
		return scim.TooMany("more than %d values that resources are looked up by", store.MaxTerms)
	}
	return nil
}
