package adapters

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// eachTerm changes the comparisons of a search's filter.
func eachTerm(w scim.Wire, change func(at scim.AttrPath, c scim.Compare) scim.Compare) (scim.Wire, bool) {
	f, err := scim.ParseFilter(w.Query.Get("filter"))
	if err != nil {
		return w, false
	}
	fixed := terms(f, scim.AttrPath{}, change).String()
	if fixed == f.String() {
		return w, false
	}
	return withFilter(w, fixed), true
}

// terms changes comparisons; change is told the whole path of what is compared, which of[…] is a part of.
func terms(f scim.Filter, of scim.AttrPath, change func(at scim.AttrPath, c scim.Compare) scim.Compare) scim.Filter {
	again := func(fs []scim.Filter) []scim.Filter {
		fs = slices.Clone(fs)
		for i := range fs {
			fs[i] = terms(fs[i], of, change)
		}
		return fs
	}
	switch f := f.(type) {
	case scim.Compare:
		at := f.Attr
		if !of.IsZero() {
			at = of.With(f.Attr.Name)
		}
		return change(at, f)
	case scim.And:
		return scim.And{Terms: again(f.Terms)}
	case scim.Or:
		return scim.Or{Terms: again(f.Terms)}
	case scim.Not:
		return scim.Not{Term: terms(f.Term, of, change)}
	case scim.Within:
		return scim.Within{Attr: f.Attr, Filter: terms(f.Filter, f.Attr, change)}
	case scim.Present:
		return f
	}
	return f
}

// unquoted is a comparison with a word that is neither quoted nor a JSON literal. Quoted strings are passed over.
var unquoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|(?i:\s(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+)([^\s"()\[\]]+)`)

// unquotedLiteral is R21.
func unquotedLiteral() scim.Rule {
	return scim.Rule{
		Name:   "unquoted-literal",
		Says:   "A word that a filter compares with, and that is no JSON value, is text.",
		Source: "externalId eq jyoung in Microsoft's own sample (entra-docs, use-scim-to-provision-users-and-groups)",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			filter := w.Query.Get("filter")
			if filter == "" || parses(filter) {
				return w, false
			}
			var b strings.Builder
			from := 0
			for _, m := range unquoted.FindAllStringSubmatchIndex(filter, -1) {
				if word := m[2]; word >= 0 && !literal.MatchString(filter[word:m[3]]) {
					b.WriteString(filter[from:word] + scim.Quote(filter[word:m[3]]))
					from = m[3]
				}
			}
			fixed := b.String() + filter[from:]
			if !parses(fixed) {
				return w, false // the caller shall read about what it sent
			}
			return withFilter(w, fixed), true
		},
	}
}

var literal = regexp.MustCompile(`^(?i:true|false|null|-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)$`)

// encodedTwice is R21. Whether a value was encoded twice or has a "%" of its own cannot be told, so both are looked for.
func encodedTwice() scim.Rule {
	return scim.Rule{
		Name:   "encoded-twice",
		Says:   "A filter's value that still is percent-encoded is looked for as it stands and decoded.",
		Source: "Microsoft's SCIM validator encodes the value twice (fleetdm/fleet had to unescape it again)",
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			filter := w.Query.Get("filter")
			if whole, err := url.QueryUnescape(filter); err == nil && !parses(filter) && parses(whole) {
				return withFilter(w, whole), true
			}
			f, err := scim.ParseFilter(filter)
			if err != nil {
				return w, false
			}
			fixed := alsoDecoded(f).String()
			if fixed == f.String() {
				return w, false
			}
			return withFilter(w, fixed), true
		},
	}
}

// alsoDecoded leaves alternatives alone, its own too: the provider sends "eq" and "and" only.
func alsoDecoded(f scim.Filter) scim.Filter {
	switch f := f.(type) {
	case scim.Compare:
		text := scim.Text(f.Value)
		decoded, err := url.PathUnescape(text)
		if err != nil || f.Op != scim.Eq || !scim.IsText(f.Value) || decoded == text {
			return f
		}
		return scim.Or{Terms: []scim.Filter{f, scim.Equal(f.Attr, decoded)}}
	case scim.And:
		out := slices.Clone(f.Terms)
		for i := range out {
			out[i] = alsoDecoded(out[i])
		}
		return scim.And{Terms: out}
	case scim.Within:
		return scim.Within{Attr: f.Attr, Filter: alsoDecoded(f.Filter)}
	case scim.Or, scim.Not, scim.Present:
		return f
	}
	return f
}

func parses(filter string) bool {
	_, err := scim.ParseFilter(filter)
	return err == nil
}
