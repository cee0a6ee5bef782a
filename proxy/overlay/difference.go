package overlay

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// offer returns the resource to send to Keycloak: the wanted values that it can store, over its
// current ones. A value that stays as it was requested before is not sent in another form than the
// one that Keycloak shows.
func offer(a directory.Capabilities, t scim.ResourceType, native, wanted scim.Resource, standing map[scim.AttrPath]record.Override) scim.Resource {
	has, wants, out := native.Object(), wanted.Object(), native.Object()
	for _, path := range paths(native, wanted) {
		switch a.Placement(t, path) {
		case directory.Native, directory.Normalised, directory.CaseFolded, directory.PrimaryOnly:
			p, stands := standing[path.Folded()]
			if !stands || p.Observed == "" || !document.Same(p.Requested, wants.Get(path)) {
				out.Set(path, wants.Get(path))
			}
		case directory.WriteOnce:
			if has.Get(path) == "" {
				out.Set(path, wants.Get(path))
			}
		case directory.StoreOnly, directory.ServerMade:
		}
	}
	return out.Resource()
}

// requested returns the wanted resource without the values that Keycloak made by itself and that
// are still the same: they were read and not requested, so they change with the values that they
// are made of. A userName that is the user's e-mail address may be such a value too: see isAddress.
func requested(a directory.Capabilities, t scim.ResourceType, native, wanted scim.Resource, standing map[scim.AttrPath]record.Override) scim.Resource {
	has, wants := native.Object(), wanted.Object()
	for l := range native.Leaves() {
		h := a.Placement(t, l.Path)
		made := h == directory.ServerMade || h == directory.StoreOnly || isAddress(t, l.Path, has)
		if _, kept := standing[l.Path.Folded()]; made && !kept && !record.Apart(l.Path) && document.Same(l.Raw, wants.Get(l.Path)) {
			wants.Set(l.Path, "")
		}
	}
	return wants.Resource()
}

// difference returns the overrides for the leaves that Keycloak shows differently than wanted. A
// difference that the placement does not allow is an error (scim.NotStored).
func difference(a directory.Capabilities, t scim.ResourceType, wanted, shown scim.Resource) ([]record.Override, error) {
	var overrides []record.Override
	wants, shows := wanted.Object(), shown.Object()
	for _, path := range paths(wanted, shown) {
		p, lawful := compare(a.Placement(t, path), path, wants.Get(path), shows.Get(path))
		if raw := wants.Get(path); raw != "" && isAddress(t, path, shows) {
			p, lawful = &record.Override{Path: path, Requested: raw, Observed: shows.Get(path), Index: -1}, true
		}
		if !lawful {
			return nil, scim.NotStored(path)
		}
		if p != nil {
			overrides = append(overrides, *p)
		}
	}
	// The order of kept attributes in a resource depends on its content only, not on its history.
	slices.SortStableFunc(overrides, func(a, b record.Override) int {
		return cmp.Or(strings.Compare(a.Path.URN, b.Path.URN), strings.Compare(a.Path.Name, b.Path.Name), strings.Compare(a.Path.Sub, b.Path.Sub))
	})
	return overrides, nil
}

// compare returns the override of a leaf, or nil if none is needed, and whether its placement
// allows it.
func compare(h directory.Placement, path scim.AttrPath, wanted, shown string) (*record.Override, bool) {
	kept := &record.Override{Path: path, Requested: wanted, Observed: shown, Index: -1}
	if document.Same(wanted, shown) {
		if h == directory.ServerMade && wanted != "" {
			return kept, true // requested: it stays when Keycloak makes another one
		}
		return nil, true
	}
	if wanted == `""` && shown == "" {
		return kept, true
	}
	switch h {
	case directory.Native:
		return nil, false
	case directory.Normalised:
		return kept, document.Trim(document.Text(single(wanted))) == document.Text(single(shown))
	case directory.CaseFolded:
		if wanted == "" {
			return nil, true // not requested: it is shown
		}
		return kept, sameFolded(document.Trim(document.Text(wanted)), document.Text(shown))
	case directory.PrimaryOnly:
		if shown == "" {
			return kept, !anyAddress(wanted)
		}
		kept.Index = indexOf(wanted, shown)
		return kept, kept.Index >= 0
	case directory.WriteOnce:
		return kept, true // also if wanted is "": the value in Keycloak is hidden
	case directory.StoreOnly, directory.ServerMade:
	}
	if wanted == "" {
		return nil, true // Keycloak added the value by itself: it is shown
	}
	return kept, true
}

// single returns the element of a list of one, and other values as they are.
func single(raw string) string {
	if es := document.Elements(raw); len(es) == 1 {
		return es[0]
	}
	return raw
}

// sameFolded compares texts without letter case, also those whose lower case differs from the
// simple one: İ, and a sigma at the end of a word.
func sameFolded(a, b string) bool { return strings.EqualFold(document.Lower(a), document.Lower(b)) }

// isAddress reports whether an attribute is the userName, and Keycloak shows the user's e-mail
// address as such. Some realms do so whatever name was requested, and it changes with the address.
func isAddress(t scim.ResourceType, path scim.AttrPath, shown *scim.Object) bool {
	if t != scim.User || !path.Is(scim.Identifying(t)) {
		return false
	}
	address := record.ValueOf(single(shown.Get(scim.AttrPath{Name: "emails"})))
	return address != "" && sameFolded(address, document.Text(shown.Get(path)))
}

// indexOf returns the index of the element whose value Keycloak shows, in any letter case.
func indexOf(wanted, shown string) int {
	have := document.Elements(shown)
	return slices.IndexFunc(document.Elements(wanted), func(e string) bool {
		return len(have) == 1 && sameFolded(record.ValueOf(e), record.ValueOf(have[0])) && record.ValueOf(e) != ""
	})
}

func anyAddress(list string) bool {
	return slices.ContainsFunc(document.Elements(list), func(e string) bool { return record.ValueOf(e) != "" })
}

// paths returns the paths of all leaves of both resources, those of a first, without attributes
// that are not kept.
func paths(a, b scim.Resource) []scim.AttrPath {
	n := max(a.CountLeaves(math.MaxInt-1), b.CountLeaves(math.MaxInt-1))
	out, seen := make([]scim.AttrPath, 0, n), make(map[scim.AttrPath]bool, n)
	for _, r := range []scim.Resource{a, b} {
		for l := range r.Leaves() {
			if key := l.Path.Folded(); !seen[key] && !record.Apart(l.Path) {
				seen[key] = true
				out = append(out, l.Path)
			}
		}
	}
	return out
}
