package overlay

import (
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
)

// fits refuses an update that is too large to keep, before Keycloak is changed. shown is the
// expected result in Keycloak. Attributes that Keycloak stores are counted too: they are small, and
// excluding them costs more than counting them.
func (d *Directory) fits(t scim.ResourceType, wanted, shown scim.Resource) error {
	size := record.Quoted(shown.String()) // the observed values of all leaves
	for l := range wanted.Leaves() {
		size += record.Override{Path: l.Path, Requested: l.Raw}.Size()
	}
	return d.check(t, size, wanted)
}

// intended returns the largest record that a create can need: all requested values that Keycloak
// may show differently.
func (d *Directory) intended(t scim.ResourceType, wanted scim.Resource) record.Record {
	rec := record.Record{Type: t}
	for l := range wanted.Leaves() {
		if d.keeps(t, l.Path) {
			rec.Overrides = append(rec.Overrides, record.Override{Path: l.Path, Requested: l.Raw, Index: -1})
		}
	}
	return rec
}

// keeps reports whether a leaf may need an override.
func (d *Directory) keeps(t scim.ResourceType, p scim.AttrPath) bool {
	return d.Capabilities().Placement(t, p) != directory.Native && !record.Apart(p)
}

// check refuses a record above the size limit and a resource with too many index terms.
func (d *Directory) check(t scim.ResourceType, size int, wanted scim.Resource) error {
	if len(record.Trimmed(record.Terms(t, wanted))) > record.MaxTerms {
		return scim.TooMany("externalId and emails have more than %d values", record.MaxTerms)
	}
	if size > d.limit {
		if long, ok := d.longText(t, wanted); ok {
			return scim.InvalidValue("%s is too long: it has %d bytes", long.Path, len(long.Raw))
		}
	}
	return d.checkSize(size)
}

// longText returns an attribute that Keycloak stores and whose text alone is half the size limit or
// more: that text is wrong, not the size of what is kept.
func (d *Directory) longText(t scim.ResourceType, wanted scim.Resource) (long scim.Leaf, ok bool) {
	for l := range wanted.Leaves() {
		h := d.Capabilities().Placement(t, l.Path)
		stored := h >= directory.CaseFolded || h == directory.PrimaryOnly && single(l.Raw) != l.Raw
		if stored && len(l.Raw) > d.limit/2 {
			return l, true
		}
	}
	return long, false
}

func (d *Directory) checkSize(size int) error {
	if size > d.limit {
		return scim.Fail(413, "", "the attributes that Keycloak does not store need %d bytes; the limit for a resource is %d", size, d.limit)
	}
	return nil
}
