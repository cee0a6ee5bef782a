package directorytest

import (
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// verdict is the result of a filter for a resource. A resource is listed only if it is yes, also
// inside "not".
type verdict int8

const (
	no verdict = iota
	neither
	yes
)

func verdictOf(b bool) verdict {
	if b {
		return yes
	}
	return no
}

// matches evaluates a filter as Keycloak does: as RFC 7644 defines it if Capabilities.Filters says
// so, and wrongly otherwise. A layer that pushes down a filter that Capabilities does not support
// therefore gets a wrong answer.
func (m *Memory) matches(f scim.Filter, t scim.ResourceType, r scim.Resource) bool {
	return f == nil || !m.poisoned(f, t) && m.verdict(f, t, r) == yes
}

// poisoned reports whether a filter has a term that Keycloak does not understand. The whole filter
// then matches no resource.
func (m *Memory) poisoned(f scim.Filter, t scim.ResourceType) bool {
	anyOf := func(terms []scim.Filter) bool {
		for _, term := range terms {
			if m.poisoned(term, t) {
				return true
			}
		}
		return false
	}
	switch f := f.(type) {
	case scim.Compare:
		return m.unmapped(f.Attr, t)
	case scim.Present:
		return m.unmapped(f.Attr, t)
	case scim.And:
		return anyOf(f.Terms)
	case scim.Or:
		return anyOf(f.Terms)
	case scim.Not:
		return m.poisoned(f.Term, t)
	case scim.Within:
		return true
	}
	return true
}

// unmapped reports whether Keycloak has no column for an attribute.
func (m *Memory) unmapped(a scim.AttrPath, t scim.ResourceType) bool {
	held := m.capabilities.Placement(t, a)
	return m.capabilities.Filters[t][a.Key()] == directory.None && (held == directory.StoreOnly || held == directory.ServerMade)
}

// verdict follows SQL: a comparison with a missing value is neither yes nor no, and "not" does not
// change that.
func (m *Memory) verdict(f scim.Filter, t scim.ResourceType, r scim.Resource) verdict {
	switch f := f.(type) {
	case scim.Compare:
		return m.compare(f, t, r)
	case scim.Present:
		if !m.schemas.Match(f, t, r) {
			return neither
		}
		return yes
	case scim.And:
		least := yes
		for _, term := range f.Terms {
			least = min(least, m.verdict(term, t, r))
		}
		return least
	case scim.Or:
		most := no
		for _, term := range f.Terms {
			most = max(most, m.verdict(term, t, r))
		}
		return most
	case scim.Not:
		return yes - m.verdict(f.Term, t, r)
	case scim.Within:
	}
	return neither
}

func (m *Memory) compare(f scim.Compare, t scim.ResourceType, r scim.Resource) verdict {
	right := verdictOf(m.schemas.Match(f, t, r))
	can := m.capabilities.Filters[t][f.Attr.Key()]
	switch {
	case f.Value == "null":
		return neither
	case can == directory.Full:
		return right
	case can == directory.EqOnly:
		if right == yes && f.Op == scim.Eq {
			return yes
		}
		return neither
	case !m.schemas.Match(scim.Present{Attr: f.Attr}, t, r):
		return neither
	case can == directory.NoNegation:
		return right
	}
	return exactly(f, right, r)
}

// exactly compares text with its letter case, even if the schema ignores it.
func exactly(f scim.Compare, folded verdict, r scim.Resource) verdict {
	text := strings.Trim(f.Value, `"`)
	same := strings.Contains(r.Get(f.Attr.Top()), text)
	switch {
	case !document.IsText(f.Value) || same:
		return folded
	case f.Op == scim.Ne:
		return yes
	}
	return no
}
