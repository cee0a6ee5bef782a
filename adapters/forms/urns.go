package forms

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// URNs is the rule for URNs that are joined by a dot, of SCIM 1.x, or misspelled.
func URNs() protocol.Rule {
	return protocol.Rule{
		Name:   "urn-spelling",
		Says:   "A schema URN may be joined to the attribute by a dot: if it is a core or declared URN, or ends with a resource type or a version. The URNs of SCIM 1.x and those of Microsoft's own sample are those of 2.0. Parts of one schema under two spellings are one object.",
		Source: "urn:…:2.0:User.department in legacy Entra jobs; …enterprise:2.0User in Microsoft's sample (entra-docs, use-scim-to-provision-users-and-groups); urn:scim:schemas:extension:enterprise:1.0 in OneLogin's default templates (developers.onelogin.com/scim/define-user-schema)",
		Request: func(m *protocol.Message) bool {
			spell := speller(m)
			changed := m.SetFilter(spell.text(m.FilterText()))
			for _, name := range []string{"attributes", "excludedAttributes", "sortBy"} {
				changed = setQuery(m, name, spell.text) || changed
			}
			return changed
		},
		Body: func(m *protocol.Message, body *scim.Object) { speller(m).keys(body) },
		Operation: InPlace(func(m *protocol.Message, op *protocol.Operation) {
			spell := speller(m)
			if strings.Contains(op.Value(), ":") {
				if value, ok := Object(op.Value()); ok {
					o := value.Object()
					spell.keys(o)
					op.SetValue(o.String())
				}
			}
			if path := op.Raw("path"); document.IsText(path) {
				text := document.Text(path)
				if spelt := spell.text(text); spelt != text {
					op.SetPathText(spelt)
				}
			}
		}),
	}
}

// setQuery changes the values of a query parameter. The query that was given does not change.
func setQuery(m *protocol.Message, name string, change func(string) string) bool {
	was := m.Query[name]
	now := make([]string, len(was))
	for i := range was {
		now[i] = change(was[i])
	}
	if slices.Equal(was, now) {
		return false
	}
	q := url.Values{}
	maps.Copy(q, m.Query)
	q[name] = now
	m.Query = q
	return true
}

// spelling repairs URNs for the resources of a request.
type spelling struct {
	core  string   // the core URN of the type, or "" in a search over all types
	known []string // core and declared URNs, the longest first
}

func speller(m *protocol.Message) spelling {
	s := spelling{core: m.Schemas.Core(m.Type).ID, known: []string{scim.UserURN, scim.GroupURN}}
	for _, t := range []scim.ResourceType{scim.User, scim.Group} {
		if m.Type == "" || m.Type == t {
			for _, e := range m.Schemas.Extensions(t) {
				s.known = append(s.known, e.ID)
			}
		}
	}
	slices.SortFunc(s.known, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return s
}

// text repairs the URNs in a filter, a path or a list of attributes.
func (s spelling) text(text string) string {
	if !strings.Contains(text, ":") {
		return text
	}
	return eachWord(text, s.word)
}

// eachWord changes the words of a filter, a path or a list. Quoted strings stay.
func eachWord(text string, change func(string) string) string {
	const breaks = " \t\n\f\r\"()[],"
	var b strings.Builder
	for text != "" {
		n := 1
		switch at := strings.IndexAny(text, breaks); {
		case text[0] == '"':
			n = quoted(text)
			b.WriteString(text[:n])
		case at == 0:
			b.WriteByte(text[0])
		default:
			if n = at; at < 0 {
				n = len(text)
			}
			b.WriteString(change(text[:n]))
		}
		text = text[n:]
	}
	return b.String()
}

// quoted returns the length of the quoted string at the start of a text.
func quoted(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// keys repairs the names of the members. The members of one schema under two names are merged; of
// an attribute that is given twice the first one counts, a standard name before others.
func (s spelling) keys(o *scim.Object) {
	fixed, first := map[string]string{}, map[string]string{}
	for _, name := range o.Names() {
		to := s.word(name)
		if to == name {
			continue
		}
		into := first[document.Fold(to)]
		if !strings.EqualFold(to, name) && o.Has(to) {
			into = to
		}
		if into == "" {
			fixed[name], first[document.Fold(to)] = to, name
			continue
		}
		if more, ok := Object(o.Raw(name)); ok {
			o.Put(into, merged(o.Raw(into), more))
		}
		o.Put(name, "")
	}
	if len(fixed) == 0 {
		return
	}
	o.Map(func(name, raw string) (string, string) {
		if to, ok := fixed[name]; ok {
			name = to
		}
		return name, raw
	})
}

// merged is an object with the members of another one that it does not have.
func merged(raw string, more scim.Resource) string {
	into, ok := Object(raw)
	if !ok {
		return more.String()
	}
	o := into.Object()
	for name, raw := range more.All() {
		if !o.Has(name) {
			o.Put(name, raw)
		}
	}
	return o.String()
}

// byShape splits a URN that is joined to an attribute by a dot where the URN ends with a resource
// type, or else with a version, such as 2.0.
func byShape(word string) (urn, attribute string, ok bool) {
	for _, ends := range []func(urn string) bool{endsWithType, endsWithVersion} {
		for at := len(word) - 2; at > 0; at-- {
			if word[at] == '.' && startsName(word[at+1]) && ends(word[:at]) {
				return word[:at], word[at+1:], true
			}
		}
	}
	return "", "", false
}

func startsName(c byte) bool { return c == '$' || 'a' <= c|0x20 && c|0x20 <= 'z' }

func endsWithType(urn string) bool {
	for _, end := range []string{":User", ":Group"} {
		if n := len(urn) - len(end); n > len("urn:") && strings.EqualFold(urn[n:], end) {
			return true
		}
	}
	return false
}

func endsWithVersion(urn string) bool {
	rest := strings.TrimRight(urn, "0123456789.")
	version := urn[len(rest):]
	return len(rest) > len("urn::") && rest[len(rest)-1] == ':' && version != "" && !strings.Contains("."+version+".", "..")
}

func (s spelling) word(word string) string {
	if len(word) < 4 || !strings.EqualFold(word[:4], "urn:") {
		return word
	}
	if fixed, ok := s.joined(word); ok {
		return fixed
	}
	for _, old := range oldURNs {
		if rest, ok := old.cut(word); ok && (old.enterprise || s.core != "") {
			urn := s.core
			if old.enterprise {
				urn = scim.EnterpriseURN
			}
			return urn + rest
		}
	}
	if urn, attribute, ok := byShape(word); ok {
		return urn + ":" + attribute
	}
	return word
}

// joined is a word that starts with a known URN, in the URN's own spelling.
func (s spelling) joined(word string) (string, bool) {
	for _, urn := range s.known {
		if rest, ok := after(word, urn); ok {
			return urn + rest, true
		}
	}
	return "", false
}

// after is what follows a URN in a word: nothing, or ":" and an attribute.
func after(word, urn string) (rest string, ok bool) {
	n := len(urn)
	switch {
	case len(word) < n || !strings.EqualFold(word[:n], urn):
		return "", false
	case len(word) == n:
		return "", true
	case word[n] == '.' || word[n] == ':':
		return ":" + word[n+1:], true
	}
	return "", false
}

// oldURN is a URN of SCIM 1.x, of a draft of 2.0 or misspelled, perhaps with a resource type after
// it.
type oldURN struct {
	urn        string
	types      []string
	enterprise bool
}

var oldURNs = []oldURN{
	{"urn:scim:schemas:extension:enterprise:1.0", []string{":User"}, true},
	{"urn:scim:schemas:extension:enterprise:2.0", []string{":User"}, true},
	{"urn:ietf:params:scim:schemas:extension:enterprise:2.0User", nil, true},
	{"urn:scim:schemas:core:1.0", []string{":User", ":Group"}, false},
	{"urn:scim:schemas:core:2.0", []string{":User", ":Group"}, false},
	{"urn:ietf:params:scim:schemas:core:2.0User", nil, false},
	{"urn:ietf:params:scim:schemas:core:2.0Group", nil, false},
}

func (o oldURN) cut(word string) (rest string, ok bool) {
	for _, t := range o.types {
		if rest, ok := after(word, o.urn+t); ok {
			return rest, true
		}
	}
	return after(word, o.urn)
}
