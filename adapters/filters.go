package adapters

import (
	"net/url"
	"regexp"
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// unquoted is a comparison with a word that is neither quoted nor a JSON literal. Quoted strings are passed over.
var unquoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|(?i:\s(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+)([^\s"()\[\]]+)`)

func unquotedLiteral() protocol.Rule {
	return protocol.Rule{
		Name:   "unquoted-literal",
		Says:   "A word that a filter compares with, and that is no JSON value, is text.",
		Source: "externalId eq jyoung in Microsoft's own sample (entra-docs, use-scim-to-provision-users-and-groups)",
		Request: func(m *protocol.Message) bool {
			filter := m.FilterText()
			if filter == "" || m.Filter() != nil {
				return false
			}
			var b strings.Builder
			from := 0
			for _, m := range unquoted.FindAllStringSubmatchIndex(filter, -1) {
				if word := m[2]; word >= 0 && !literal.MatchString(filter[word:m[3]]) {
					b.WriteString(filter[from:word] + document.Quote(filter[word:m[3]]))
					from = m[3]
				}
			}
			fixed := b.String() + filter[from:]
			return parses(fixed) && m.SetFilter(fixed) // else the error is about what the caller sent
		},
	}
}

var literal = regexp.MustCompile(`^(?i:true|false|null|-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)$`)

// encodedTwice looks for both readings of a value with a "%": nothing tells whether it was encoded
// twice.
func encodedTwice() protocol.Rule {
	return protocol.Rule{
		Name:   "encoded-twice",
		Says:   "A filter's value that still is percent-encoded is looked for as it stands and decoded.",
		Source: "Microsoft's SCIM validator encodes the value twice (fleetdm/fleet had to unescape it again)",
		Request: func(m *protocol.Message) bool {
			f := m.Filter()
			if f == nil {
				whole, err := url.QueryUnescape(m.FilterText())
				return err == nil && parses(whole) && m.SetFilter(whole)
			}
			fixed := alsoDecoded(f).String()
			return fixed != f.String() && m.SetFilter(fixed)
		},
	}
}

// alsoDecoded changes the terms of a conjunction, within a value filter too. It leaves alternatives
// alone, because it makes some: the provider sends eq and and only.
func alsoDecoded(f scim.Filter) scim.Filter {
	terms := scim.Conjuncts(f)
	for i, t := range terms {
		switch t := t.(type) {
		case scim.Compare:
			terms[i] = orDecoded(t)
		case scim.Within:
			t.Filter = alsoDecoded(t.Filter)
			terms[i] = t
		case scim.And, scim.Or, scim.Not, scim.Present:
		}
	}
	if len(terms) == 1 {
		return terms[0]
	}
	return scim.And{Terms: terms}
}

func orDecoded(c scim.Compare) scim.Filter {
	text := document.Text(c.Value)
	decoded, err := url.PathUnescape(text)
	if err != nil || c.Op != scim.Eq || !document.IsText(c.Value) || decoded == text {
		return c
	}
	return scim.Or{Terms: []scim.Filter{c, scim.Equal(c.Attr, decoded)}}
}

func parses(filter string) bool {
	_, err := scim.ParseFilter(filter)
	return err == nil
}
