package audit

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/secrets"
)

// Bounds of what a request determines in a line: names of attributes, characters of a text, and
// bytes of the values.
const (
	maxNames  = 100
	maxText   = 256
	maxValues = 64 << 10
)

// entry is the content of a line.
type entry struct {
	Time time.Time `json:"time"`
	Who
	Request string `json:"request"`
	Call    string `json:"call"`
	Type    string `json:"type"`
	ID      string `json:"id,omitempty"`
	Name    string `json:"name,omitempty"`
	// Attributes are the names that the call has, sorted; More is how many were left out.
	Attributes []string        `json:"attributes,omitempty"`
	More       int             `json:"attributesLeftOut,omitempty"`
	Status     int             `json:"status"`
	ScimType   string          `json:"scimType,omitempty"`
	Values     json.RawMessage `json:"values,omitempty"`
	LeftOut    bool            `json:"valuesLeftOut,omitempty"`
}

// line returns the JSON text.
func (e entry) line() []byte {
	b, err := json.Marshal(e)
	if err != nil { // the values are not valid JSON, which decoded calls do not have
		e.Values, e.LeftOut = nil, true
		b, _ = json.Marshal(e)
	}
	return b
}

// entryOf describes a write and its outcome.
func entryOf(c protocol.Call, a protocol.Answer, err error, values bool) (e entry) {
	ref := protocol.Target(c)
	e.Call, e.Type, e.ID = c.Verb(), string(ref.Type), document.Cut(ref.ID, maxText)
	if e.Status = scim.Status(err); err != nil {
		e.ScimType = scim.AsError(err).Type
	}
	named, given, text := a.Resource, []string(nil), ""
	switch c := c.(type) {
	case protocol.Create:
		e.ID, named, given, text = a.Made.ID, c.Body, ofResource(c.Body), secrets.Without(c.Body.String())
		e.success(201)
	case protocol.Replace:
		named, given, text = c.Body, ofResource(c.Body), secrets.Without(c.Body.String())
	case protocol.Patch:
		given, text = ofOperations(c.Ops), secrets.Operations(c.Ops)
	case protocol.Delete:
		e.success(204)
	case protocol.Restore:
		given, text = ofValues(c.Values)
	default: // reads have no line
	}
	e.success(200)
	e.Name = document.Cut(document.Text(named.Get(scim.Identifying(ref.Type))), maxText)
	e.name(given)
	if values && text != "" {
		if e.LeftOut = len(text) > maxValues; !e.LeftOut {
			e.Values = json.RawMessage(text)
		}
	}
	return e
}

// ofValues are the attributes that are restored, and the values that they get.
func ofValues(all []protocol.Value) (names []string, text string) {
	doc := document.NewObject()
	for _, v := range all {
		names = append(names, v.Path.String())
		doc.Set(v.Path, v.To)
	}
	return names, secrets.Without(doc.String())
}

// success sets the status of a write without an error.
func (e *entry) success(status int) {
	if e.Status == 0 {
		e.Status = status
	}
}

func (e *entry) name(given []string) {
	slices.Sort(given)
	given = slices.Compact(given)
	e.More = max(0, len(given)-maxNames)
	for _, name := range given[:len(given)-e.More] {
		e.Attributes = append(e.Attributes, document.Cut(name, maxText))
	}
}

// ofResource returns the names of the attributes of a resource, and of their sub-attributes.
func ofResource(r scim.Resource) (names []string) {
	for name, raw := range r.All() {
		between := "."
		switch {
		case slices.ContainsFunc([]string{"schemas", "id", "meta"}, func(s string) bool { return strings.EqualFold(s, name) }):
			continue
		case strings.Contains(name, ":"):
			between = ":"
		}
		if !document.IsObject(raw) {
			names = append(names, name)
		}
		for in := range document.Members(raw) {
			names = append(names, name+between+in.Name)
		}
	}
	return names
}

// ofOperations returns the names of the attributes of a PATCH. A filter in a path has values, and
// is left out.
func ofOperations(ops []scim.Op) (names []string) {
	for _, op := range ops {
		if !op.Path.IsZero() {
			names = append(names, op.Path.AttrPath.String())
		} else if r, err := scim.Part(op.Value); err == nil {
			names = append(names, ofResource(r)...)
		}
	}
	return names
}
