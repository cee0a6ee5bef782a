package record

import (
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Override has the requested value of a leaf and the value that Keycloak showed after the write, as
// JSON texts; "" is no value. For PrimaryOnly, Index is the element of the list that Keycloak has;
// otherwise it is -1.
type Override struct {
	Path      scim.AttrPath `json:"path"`
	Requested string        `json:"asked"`
	Observed  string        `json:"witness,omitempty"`
	Index     int           `json:"slot"`
}

// EarlierKey is a record of early releases in the same space that does not belong to a resource.
const EarlierKey = "key.cursors"

// Pending marks a create that has begun. The layer above holds a lock on the name during a create,
// so a pending record that is found was left by a process that died or because the store went down.
type Pending struct {
	Type  scim.ResourceType `json:"type"`
	Begun time.Time         `json:"begun"`
}

// Record has the attributes of one resource that Keycloak does not show as requested.
type Record struct {
	// Type is the type of the resource. It is empty in records of early releases.
	Type      scim.ResourceType `json:"type,omitempty"`
	Overrides []Override        `json:"pairs,omitempty"`
	// Modified is when the proxy last changed the resource; Keycloak's PATCH does not update
	// lastModified.
	Modified time.Time `json:"modified,omitzero"`
	// Pending is set in the record of a create that is not finished.
	Pending *Pending `json:"pending,omitempty"`
}

var lastModified = scim.AttrPath{Name: "meta", Sub: "lastModified"}

// Merge returns a resource with the requested values while Keycloak still shows the observed ones.
// It ignores leaves that were not read: that they are missing proves nothing.
func (rec Record) Merge(t scim.ResourceType, shown scim.Resource, n directory.Fields) scim.Resource {
	doc := shown.Object()
	now := make([]string, len(rec.Overrides)) // read all before setting any
	for i, p := range rec.Overrides {
		now[i] = doc.Get(p.Path)
	}
	for i, p := range rec.Overrides {
		switch {
		case !n.Covers(p.Path):
		case document.Same(now[i], p.Observed):
			doc.Set(p.Path, p.Requested)
		case p.Index >= 0: // Keycloak's element changed: it wins, the other elements stay
			doc.Set(p.Path, replaceElement(p, now[i]))
		}
	}
	if at, err := time.Parse(time.RFC3339, document.Text(doc.Get(lastModified))); err == nil && rec.Modified.After(at) {
		doc.Set(lastModified, Time(rec.Modified))
	}
	doc.Put("schemas", document.Array(rec.schemas(t, doc)))
	return doc.Resource()
}

// Time is a time as it is shown, as JSON text; "" for the zero time.
func Time(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return document.Quote(at.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// Standing returns the overrides whose observed value Keycloak still shows, by folded path.
func (rec Record) Standing(shown scim.Resource) map[scim.AttrPath]Override {
	out := map[scim.AttrPath]Override{}
	doc := shown.Object()
	for _, p := range rec.Overrides {
		if document.Same(doc.Get(p.Path), p.Observed) {
			out[p.Path.Folded()] = p
		}
	}
	return out
}

// schemas returns the schemas of the resource's data as JSON texts, also of extensions that a read
// of a few attributes left out. The order does not depend on where a value came from, because it is
// part of the resource's version.
func (rec Record) schemas(t scim.ResourceType, doc *scim.Object) []string {
	all := scim.SchemasOf(t, doc)
	add := func(urn string) {
		if !slices.ContainsFunc(all, func(have string) bool { return strings.EqualFold(have, urn) }) {
			all = append(all, urn)
		}
	}
	for _, urn := range document.Elements(doc.Raw("schemas")) {
		add(document.Text(urn))
	}
	for _, p := range rec.Overrides {
		if p.Path.URN != "" {
			add(p.Path.URN)
		}
	}
	slices.Sort(all[1:])
	for i, urn := range all {
		all[i] = document.Quote(urn)
	}
	return all
}

// replaceElement puts the address that Keycloak shows now into the element that Keycloak has.
func replaceElement(p Override, now string) string {
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

// ValueOf returns the text of an element of a list: its "value", or the element itself.
func ValueOf(element string) string {
	if document.IsText(element) {
		return document.Text(element)
	}
	r, err := scim.ParseResource([]byte(element))
	if err != nil {
		return ""
	}
	return document.Text(r.Raw("value"))
}

// Equal compares what is kept.
func (rec Record) Equal(o Record) bool {
	return slices.Equal(rec.Overrides, o.Overrides) && rec.Modified.Equal(o.Modified)
}

// Apart reports whether an attribute is neither kept nor compared: it is managed by the server, or
// it is members, which ChangeMembers writes.
func Apart(p scim.AttrPath) bool {
	return scim.ServerManaged(p) || p.URN == "" && strings.EqualFold(p.Name, "members")
}
