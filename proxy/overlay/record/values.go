package record

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Selection chooses overrides by their attributes.
type Selection struct {
	all, extensions bool
	names           []string
}

// Selecting chooses the overrides of these attributes; none chooses all. Extensions are chosen
// together, because the path of an attribute does not say where the URN of an extension without a
// schema ends.
func Selecting(attrs []scim.AttrPath) Selection {
	s := Selection{all: len(attrs) == 0}
	for _, a := range attrs {
		if a.URN != "" {
			s.extensions = true
		} else {
			s.names = append(s.names, a.Name)
		}
	}
	return s
}

func (s Selection) has(p scim.AttrPath) bool {
	if s.all || p.URN != "" {
		return s.all || s.extensions
	}
	for _, name := range s.names {
		if strings.EqualFold(name, p.Name) {
			return true
		}
	}
	return false
}

// Values returns a resource with the id and the kept values that are chosen.
func (rec Record) Values(id string, chosen Selection) scim.Resource {
	doc := document.NewObject()
	doc.Put("id", document.Quote(id))
	for _, p := range rec.Overrides {
		if p.isKept() && chosen.has(p.Path) {
			doc.Set(p.Path, p.Requested)
		}
	}
	return doc.Resource()
}

// Name returns the identifying name of the resource as the record or its terms tell it, or "".
func (rec Record) Name(t scim.ResourceType, terms []string) string {
	path := scim.Identifying(t)
	for _, p := range rec.Overrides {
		if p.Path.Is(path) && p.Requested != "" {
			return document.Text(p.Requested)
		}
	}
	prefix := Term(t, path, "")
	for _, term := range terms {
		if name, ok := strings.CutPrefix(term, prefix); ok {
			return name
		}
	}
	return ""
}
