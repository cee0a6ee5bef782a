package record

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
)

// longTerm is the size above which a value is indexed by its hash, because stores limit the size of
// a term.
const longTerm = 512

// Term returns the index entry of a value. Letter case is ignored unless the attribute is
// caseExact.
func Term(t scim.ResourceType, path scim.AttrPath, text string) string {
	def, _ := scim.CoreSchemas().Lookup(t, path)
	if !def.CaseExact {
		text = document.Lower(text)
	}
	if len(text) > longTerm {
		h := sha256.Sum256([]byte(text))
		text = hex.EncodeToString(h[:])
	}
	return string(t) + "\x00" + path.Key() + "\x00" + text
}

// indexed are the attributes by which identity providers look up resources.
var indexed = map[scim.ResourceType][]scim.AttrPath{
	scim.User:  {{Name: "userName"}, {Name: "externalId"}, {Name: "emails", Sub: "value"}},
	scim.Group: {{Name: "displayName"}, {Name: "externalId"}},
}

// Indexed reports whether resources can be found by Term of the attribute, whatever its placement.
func Indexed(t scim.ResourceType, p scim.AttrPath) bool {
	return slices.ContainsFunc(indexed[t], p.Is)
}

// MaxTerms is how many terms of the indexed attributes a resource may have. The store has room for
// those of its kept values too, and for those of what Keycloak shows in place of other values.
const MaxTerms = store.MaxTerms - maxKept - maxObserved

// maxObserved is how many of the indexed attributes Keycloak can have.
const maxObserved = 4

// Trimmed returns terms and those of the same texts without blanks at their ends, as Keycloak may
// store them. A long text is not among them: see longTerm.
func Trimmed(terms []string) []string {
	out := slices.Clone(terms)
	for _, term := range terms {
		if parts := strings.SplitN(term, "\x00", 3); document.Trim(parts[2]) != parts[2] {
			out = append(out, parts[0]+"\x00"+parts[1]+"\x00"+document.Trim(parts[2]))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Terms returns the terms of the indexed attributes of a resource as the caller sees it.
func Terms(t scim.ResourceType, r scim.Resource) []string {
	var out []string
	for _, path := range indexed[t] {
		for _, e := range document.Elements(r.Get(path.Top())) {
			text := document.Text(e)
			if path.Sub != "" {
				text = ValueOf(e)
			}
			if text != "" {
				out = append(out, Term(t, path, text))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
