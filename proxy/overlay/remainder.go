package overlay

import (
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// pair is what was asked for a leaf and what Keycloak showed then, as JSON texts; "" is no value. Slot is the element of a list that
// Keycloak holds (PrimaryOnly), else -1.
type override struct {
	Path      scim.AttrPath `json:"path"`
	Requested string        `json:"asked"`
	Observed  string        `json:"witness,omitempty"`
	Index     int           `json:"slot"`
}

// remainder is what Keycloak does not show of one resource.
type remainder struct {
	// Type is the resource's; it is empty in records that were saved before it was noted.
	Type      scim.ResourceType `json:"type,omitempty"`
	Overrides []override        `json:"pairs,omitempty"`
	// Modified is when we last changed the resource; Keycloak's PATCH does not move lastModified.
	Modified time.Time `json:"modified,omitzero"`
	// Pending is set in the record of a create that is under way.
	Pending *pending `json:"pending,omitempty"`
}

var lastModified = scim.AttrPath{Name: "meta", Sub: "lastModified"}

// merge answers Asked while Keycloak still shows Witness. Leaves that were not read are left alone: their absence is no evidence.
func (rem remainder) merge(t scim.ResourceType, shown scim.Resource, n directory.Fields) scim.Resource {
	doc := shown.Object()
	now := make([]string, len(rem.Overrides)) // read before anything is set
	for i, p := range rem.Overrides {
		now[i] = doc.Get(p.Path)
	}
	for i, p := range rem.Overrides {
		switch {
		case !n.Covers(p.Path):
		case document.Same(now[i], p.Observed):
			doc.Set(p.Path, p.Requested)
		case p.Index >= 0: // Keycloak's own element changed there: it wins, its neighbours stay
			doc.Set(p.Path, replaceElement(p, now[i]))
		}
	}
	if at, err := time.Parse(time.RFC3339, document.Text(doc.Get(lastModified))); err == nil && rem.Modified.After(at) {
		doc.Set(lastModified, document.Quote(rem.Modified.UTC().Format("2006-01-02T15:04:05.000Z")))
	}
	doc.Put("schemas", document.Array(rem.schemas(t, doc)))
	return doc.Resource()
}

// schemas are those that the resource has data of, in JSON. They also name the extensions that a
// narrow read left out.
func (rem remainder) schemas(t scim.ResourceType, doc *scim.Object) []string {
	var all []string
	have := map[string]bool{}
	add := func(urn string) {
		if key := strings.ToLower(urn); !have[key] {
			have[key], all = true, append(all, urn)
		}
	}
	for _, urn := range scim.SchemasOf(t, doc) {
		add(urn)
	}
	for _, urn := range document.Elements(doc.Raw("schemas")) {
		add(document.Text(urn))
	}
	for _, p := range rem.Overrides {
		if p.Path.URN != "" {
			add(p.Path.URN)
		}
	}
	for i, urn := range all {
		all[i] = document.Quote(urn)
	}
	return all
}

// replaceSlot puts the address that Keycloak shows now into the element that it holds.
func replaceElement(p override, now string) string {
	es := document.Elements(p.Requested)
	if p.Index >= len(es) {
		return now
	}
	shown := document.Elements(now)
	if len(shown) == 0 {
		return document.Array(slices.Delete(es, p.Index, p.Index+1))
	}
	if document.IsText(es[p.Index]) && len(shown) == 1 {
		es[p.Index] = shown[0]
		return document.Array(es)
	}
	own, err1 := scim.ParseResource([]byte(es[p.Index]))
	theirs, err2 := scim.ParseResource([]byte(shown[0]))
	if err1 != nil || err2 != nil {
		return now
	}
	es[p.Index] = own.With("value", theirs.Raw("value")).Without("display").String()
	return document.Array(es)
}

// offer is what Keycloak shall show: what was wanted, as far as it can hold it, over what it has.
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

// difference is the one place where "Keycloak shows something else" is judged: kept where that is lawful, else the write failed.
func difference(a directory.Capabilities, t scim.ResourceType, wanted, shown scim.Resource) ([]override, error) {
	var pairs []override
	wants, shows := wanted.Object(), shown.Object()
	for _, path := range paths(wanted, shown) {
		p, lawful := compare(a.Placement(t, path), path, wants.Get(path), shows.Get(path))
		if !lawful {
			return nil, scim.NotStored(path)
		}
		if p != nil {
			pairs = append(pairs, *p)
		}
	}
	return pairs, nil
}

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
		return kept, true // also where nothing is wanted: what Keycloak holds is hidden
	case directory.StoreOnly, directory.ServerMade:
	}
	if wanted == "" {
		return nil, true // Keycloak shows something that nobody asked for here: it is shown
	}
	return kept, true
}

// slotOf finds the element whose value Keycloak shows, in whatever letter case.
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

// paths of all leaves of both, the first one's in order, without what no room keeps or compares.
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

// apart reports whether an attribute is neither kept nor compared: members are written apart.
func apart(p scim.AttrPath) bool {
	return scim.ServerManaged(p) || p.URN == "" && strings.EqualFold(p.Name, "members")
}
