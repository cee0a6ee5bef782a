package adapters

import (
	"net/url"
	"regexp"
	"strings"

	"keycloak-scim-proxy/adapters/forms"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// unquoted matches a quoted string, which is skipped, or a comparison with an unquoted word, which
// is its only submatch.
var unquoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|(?i:\s(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+)([^\s"()\[\]]+)`)

func bareLiterals() protocol.Rule {
	return protocol.Rule{
		Name:   "bare-literals",
		Says:   "True, False and Null are JSON's literals in any letter case, in filters and in the paths of a PATCH. A word in the value filter of a path is text; in a filter it is an error.",
		Source: "active eq True (reported); emails[type eq work].value in WSO2's documentation of PATCH (docs.wso2.com, SCIM 2.0 REST APIs)",
		Request: func(m *protocol.Message) bool {
			return m.FilterText() != "" && m.Filter() == nil && fixFilter(m, literals(m.FilterText(), false))
		},
		Operation: forms.InPlace(func(_ *protocol.Message, op *protocol.Operation) {
			if path := op.Raw("path"); document.IsText(path) && !parsesAsPath(document.Text(path)) {
				if fixed := literals(document.Text(path), true); parsesAsPath(fixed) {
					op.SetPathText(fixed)
				}
			}
		}),
	}
}

func unquotedLiteral() protocol.Rule {
	return protocol.Rule{
		Name:   "unquoted-literal",
		Says:   "A word in a comparison that is not a JSON value is read as a string.",
		Source: "externalId eq jyoung in Microsoft's own sample (entra-docs, use-scim-to-provision-users-and-groups)",
		Request: func(m *protocol.Message) bool {
			return m.FilterText() != "" && m.Filter() == nil && fixFilter(m, literals(m.FilterText(), true))
		},
	}
}

// fixFilter sets a filter that parses; else the error is about what the caller sent.
func fixFilter(m *protocol.Message, fixed string) bool { return parses(fixed) && m.SetFilter(fixed) }

// literals puts the words that are compared with in JSON's spelling: true, false and null in lower
// case, and with quote other words in quotes. Single quotes stay an error, because the client means
// a text without them.
func literals(text string, quote bool) string {
	var b strings.Builder
	from := 0
	for _, m := range unquoted.FindAllStringSubmatchIndex(text, -1) {
		if m[2] < 0 {
			continue
		}
		word := text[m[2]:m[3]]
		switch lower := strings.ToLower(word); {
		case lower == "true" || lower == "false" || lower == "null":
			word = lower
		case quote && !number.MatchString(word) && word[0] != '\'':
			word = document.Quote(word)
		}
		b.WriteString(text[from:m[2]] + word)
		from = m[3]
	}
	return b.String() + text[from:]
}

var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// encodedTwice makes a filter match both readings of a value with a "%", because a value that was
// encoded twice looks like one that contains a "%".
func encodedTwice() protocol.Rule {
	return protocol.Rule{
		Name:   "encoded-twice",
		Says:   "A filter's value that is still percent-encoded matches as it is and decoded.",
		Source: "Microsoft's SCIM validator encodes the value twice (fleetdm/fleet had to unescape it again)",
		Request: func(m *protocol.Message) bool {
			if m.FilterText() == "" {
				return false
			}
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

func parsesAsPath(path string) bool {
	_, err := scim.ParsePath(path)
	return err == nil
}
