package overlay

import (
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// shown returns a resource as Keycloak shows it, with the kept attributes. If observed values are
// requested too, it carries those that Keycloak shows in place of requested ones.
func (d *Directory) shown(t scim.ResourceType, native scim.Resource, rec record.Record, n directory.Fields) scim.Resource {
	merged := rec.Merge(t, native, n)
	if !n.Observed {
		return merged
	}
	values := document.Must("{}").Object()
	for path, p := range rec.Standing(native) {
		if n.Covers(path) && d.normalised(t, p) {
			values.Set(p.Path, p.Observed)
		}
	}
	return directory.WithObserved(merged, values.Resource())
}

// normalised reports whether Keycloak shows a text that a filter distinguishes from the requested
// one.
func (d *Directory) normalised(t scim.ResourceType, p record.Override) bool {
	switch d.Capabilities().Placement(t, p.Path) {
	case directory.Normalised, directory.CaseFolded:
		return p.Observed != "" && document.Lower(p.Requested) != document.Lower(p.Observed)
	case directory.PrimaryOnly:
		address := document.Lower(record.ValueOf(single(p.Observed)))
		return address != "" && !slices.ContainsFunc(document.Elements(p.Requested), func(e string) bool { return document.Lower(record.ValueOf(e)) == address })
	case directory.Native, directory.WriteOnce, directory.StoreOnly, directory.ServerMade:
	}
	return false
}
