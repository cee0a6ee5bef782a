package journal

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/journal/changes"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Notice is what receivers of events learn of an entry: names of attributes, and no value.
type Notice struct {
	// Kind is create, put, patch or delete.
	Kind string `json:"kind"`
	// Attributes are the paths of the attributes that were set, changed or removed (RFC 7644
	// section 3.5.2, attrPath).
	Attributes []string `json:"attributes,omitempty"`
	// Active is "activate" or "deactivate" if a user's access began or ended.
	Active string `json:"active,omitempty"`
}

// Kinds of a Notice.
const (
	KindCreate = "create"
	KindPut    = "put"
	KindPatch  = "patch"
	KindDelete = "delete"
)

// notice makes the notice of an entry. It must be made while the entry has its values.
func (e Entry) notice() *Notice {
	n := &Notice{Kind: e.kind()}
	if n.Kind == KindDelete && e.State == Partly { // the user was only deactivated
		return &Notice{Kind: KindPatch, Attributes: []string{"active"}, Active: "deactivate"}
	}
	switch n.Kind {
	case KindDelete:
		return n
	case KindCreate:
		n.Attributes = namesIn(e.After)
	}
	for _, c := range e.Changes {
		if c.Path == changes.Modified.String() { // every change has it
			continue
		}
		n.Attributes = append(n.Attributes, c.Path)
		if e.Type == scim.User && strings.EqualFold(c.Path, "active") {
			n.Active = map[string]string{"true": "activate", "false": "deactivate"}[c.New]
		}
	}
	if len(e.Added)+len(e.Removed) > 0 && !slices.Contains(n.Attributes, "members") {
		n.Attributes = append(n.Attributes, "members")
	}
	return n
}

// kind follows from the verb. An undo is what it does.
func (e Entry) kind() string {
	switch {
	case e.Verb == "create":
		return KindCreate
	case e.Verb == "replace":
		return KindPut
	case e.Verb == "delete":
		return KindDelete
	case e.Verb == "patch":
		return KindPatch
	case e.Creates():
		return KindCreate
	case e.Deletes():
		return KindDelete
	}
	return KindPatch
}

// namesIn are the paths of the attributes of a resource: its members, and those of its extensions.
func namesIn(text string) (names []string) {
	r, err := document.Parse([]byte(text))
	if err != nil {
		return nil
	}
	for name, raw := range r.All() {
		switch {
		case strings.EqualFold(name, "schemas"), strings.EqualFold(name, "meta"):
		case strings.HasPrefix(strings.ToLower(name), "urn:") && document.IsObject(raw):
			for m := range document.Members(raw) {
				names = append(names, name+":"+m.Name)
			}
		default:
			names = append(names, name)
		}
	}
	return names
}
