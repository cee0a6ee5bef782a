package overlay

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// offer returns the resource to send to Keycloak: the wanted values that it can store, over its
// current ones.
func offer(a directory.Capabilities, t scim.ResourceType, native, wanted scim.Resource) scim.Resource {
	has, wants, out := native.Object(), wanted.Object(), native.Object()
	for _, path := range paths(native, wanted) {
		switch a.Placement(t, path) {
		case directory.Native, directory.CaseFolded, directory.PrimaryOnly:
			out.Set(path, wants.Get(path))
		case directory.WriteOnce:
			if has.Get(path) == "" {
				out.Set(path, wants.Get(path))
			}
		case directory.StoreOnly, directory.ServerMade:
		}
	}
	return out.Resource()
}

// difference returns the overrides for the leaves that Keycloak shows differently than wanted. A
// difference that the placement does not allow is an error (scim.NotStored).
func difference(a directory.Capabilities, t scim.ResourceType, wanted, shown scim.Resource) ([]override, error) {
	var overrides []override
	wants, shows := wanted.Object(), shown.Object()
	for _, path := range paths(wanted, shown) {
		p, lawful := compare(a.Placement(t, path), path, wants.Get(path), shows.Get(path))
		if !lawful {
			return nil, scim.NotStored(path)
		}
		if p != nil {
			overrides = append(overrides, *p)
		}
	}
	return overrides, nil
}

// compare returns the override of a leaf, or nil if none is needed, and whether its placement
// allows it.
func compare(h directory.Placement, path scim.AttrPath, wanted, shown string) (*override, bool) {
	kept := &override{path, wanted, shown, -1}
	if document.Same(wanted, shown) {
		return nil, true
	}
	if wanted == `""` && shown == "" {
		return kept, true
	}
	switch h {
	case directory.Native:
		return nil, false
	case directory.CaseFolded:
		return kept, strings.EqualFold(document.Text(wanted), document.Text(shown))
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

// indexOf returns the index of the element whose value Keycloak shows, in any letter case.
func indexOf(wanted, shown string) int {
	have := document.Elements(shown)
	return slices.IndexFunc(document.Elements(wanted), func(e string) bool {
		return len(have) == 1 && strings.EqualFold(valueOf(e), valueOf(have[0])) && valueOf(e) != ""
	})
}

func anyAddress(list string) bool {
	return slices.ContainsFunc(document.Elements(list), func(e string) bool { return valueOf(e) != "" })
}

func valueOf(element string) string {
	if document.IsText(element) {
		return document.Text(element)
	}
	r, err := scim.ParseResource([]byte(element))
	if err != nil {
		return ""
	}
	return document.Text(r.Raw("value"))
}

// paths returns the paths of all leaves of both resources, those of a first, without attributes
// that are not kept.
func paths(a, b scim.Resource) []scim.AttrPath {
	var out []scim.AttrPath
	seen := map[scim.AttrPath]bool{}
	for _, r := range []scim.Resource{a, b} {
		for l := range r.Leaves() {
			if key := l.Path.Folded(); !seen[key] && !apart(l.Path) {
				seen[key] = true
				out = append(out, l.Path)
			}
		}
	}
	return out
}

// apart reports whether an attribute is neither kept nor compared: it is managed by the server, or
// it is members, which ChangeMembers writes.
func apart(p scim.AttrPath) bool {
	return scim.ServerManaged(p) || p.URN == "" && strings.EqualFold(p.Name, "members")
}
