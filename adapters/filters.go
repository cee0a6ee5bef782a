package adapters

import (
	"net/url"
	"regexp"
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// unquoted matches a quoted string, which is skipped, or a comparison with an unquoted word, which
// is its only submatch.
var unquoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|(?i:\s(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+)([^\s"()\[\]]+)`)

func unquotedLiteral() protocol.Rule {
	return protocol.Rule{
		Name:   "unquoted-literal",
		Says:   "A word in a comparison that is not a JSON value is read as a string.",
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
			return parses(fixed) && m.SetFilter(fixed) // otherwise the error is about the filter as it was sent
		},
	}
}

var literal = regexp.MustCompile(`^(?i:true|false|null|-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)$`)

// encodedTwice makes a filter match both readings of a value with a "%", because a value that was
// encoded twice looks like one that contains a "%".
func encodedTwice() protocol.Rule {
	return protocol.Rule{
		Name:   "encoded-twice",
		Says:   "A filter's value that is still percent-encoded matches as it is and decoded.",
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

// alsoDecoded changes the terms of a conjunction, also inside a value filter. It leaves an "or" as
// it is, so that it does not change its own results a second time; the provider sends only eq and
// "and".
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
