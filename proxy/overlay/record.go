package overlay

import (
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// override has the requested value of a leaf and the value that Keycloak showed after the write, as
// JSON texts; "" is no value. For PrimaryOnly, Index is the element of the list that Keycloak has;
// otherwise it is -1.
type override struct {
	Path      scim.AttrPath `json:"path"`
	Requested string        `json:"asked"`
	Observed  string        `json:"witness,omitempty"`
	Index     int           `json:"slot"`
}

// record has the attributes of one resource that Keycloak does not show as requested.
type record struct {
	// Type is the type of the resource. It is empty in records of early releases.
	Type      scim.ResourceType `json:"type,omitempty"`
	Overrides []override        `json:"pairs,omitempty"`
	// Modified is when the proxy last changed the resource; Keycloak's PATCH does not update
	// lastModified.
	Modified time.Time `json:"modified,omitzero"`
	// Pending is set in the record of a create that is not finished.
	Pending *pending `json:"pending,omitempty"`
}

var lastModified = scim.AttrPath{Name: "meta", Sub: "lastModified"}

// merge returns the requested values while Keycloak still shows the observed ones. It ignores
// leaves that were not read: that they are missing proves nothing.
func (rec record) merge(t scim.ResourceType, shown scim.Resource, n directory.Fields) scim.Resource {
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
		doc.Set(lastModified, document.Quote(rec.Modified.UTC().Format("2006-01-02T15:04:05.000Z")))
	}
	doc.Put("schemas", document.Array(rec.schemas(t, doc)))
	return doc.Resource()
}

// standing returns the overrides whose observed value Keycloak still shows, by folded path.
func (rec record) standing(shown scim.Resource) map[scim.AttrPath]override {
	out := map[scim.AttrPath]override{}
	doc := shown.Object()
	for _, p := range rec.Overrides {
		if document.Same(doc.Get(p.Path), p.Observed) {
			out[p.Path.Folded()] = p
		}
	}
	return out
}

// moment is the current time as it is shown.
func (d *Directory) moment() time.Time { return d.now().UTC().Truncate(time.Millisecond) }

// restored reports whether an edit sets meta.lastModified, as only the undo of a change does, and
// returns the time to keep: none if Keycloak shows it.
func restored(current, wanted, shown scim.Resource) (time.Time, bool) {
	asked := wanted.Get(lastModified)
	at, err := time.Parse(time.RFC3339, document.Text(asked))
	if err != nil || asked == current.Get(lastModified) {
		return time.Time{}, false
	}
	if native, err := time.Parse(time.RFC3339, document.Text(shown.Get(lastModified))); err == nil && !at.After(native) {
		return time.Time{}, true
	}
	return at, true
}

// schemas returns the schemas of the resource's data as JSON texts, also of extensions that a read
// of a few attributes left out.
func (rec record) schemas(t scim.ResourceType, doc *scim.Object) []string {
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
	for _, p := range rec.Overrides {
		if p.Path.URN != "" {
			add(p.Path.URN)
		}
	}
	for i, urn := range all {
		all[i] = document.Quote(urn)
	}
	return all
}

// replaceElement puts the address that Keycloak shows now into the element that Keycloak has.
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
