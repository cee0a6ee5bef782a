package directory

import "keycloak-scim-proxy/proxy/scim"

// observed is the member of a resource that carries its observed values from one layer to the next.
const observed = "urn:keycloak-scim-proxy:observed"

// WithObserved adds to a resource the values that are shown below in place of requested ones, as a
// resource that has these attributes only. It replaces a member of a caller that has the same name.
func WithObserved(r, values scim.Resource) scim.Resource {
	if values.IsZero() || values.String() == "{}" {
		return r.Without(observed)
	}
	return r.With(observed, values.String())
}

// Observed takes the values of WithObserved out of a resource. below is the resource with these
// values, or zero if there are none.
func Observed(r scim.Resource) (plain, below scim.Resource) {
	raw := r.Raw(observed)
	if raw == "" {
		return r, scim.Resource{}
	}
	plain = r.Without(observed)
	values, err := scim.Part(raw)
	if err != nil {
		return plain, scim.Resource{}
	}
	doc := plain.Object()
	for l := range values.Leaves() {
		doc.Set(l.Path, l.Raw)
	}
	return plain, doc.Resource()
}
