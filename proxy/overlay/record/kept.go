package record

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// The terms of kept values. All of them begin with keptPrefix, which no other term does, and have
// the form prefix, type, separator, key of the path, separator, canonical value. The separator
// needs no escape in the store. A text may contain it too: then two values share a term, which is
// harmless, because the records that a term finds are candidates.
const (
	separator  = "\x1f"
	keptPrefix = "kept" + separator
)

// maxKept is how many terms of kept values a record has. A record that needs more has the partial
// term only, which every look-up of a kept value includes.
const maxKept = 256

// isKept reports whether the override counts if the attribute is StoreOnly now: Keycloak shows no
// value of such an attribute, so exactly the overrides whose observed value is "" apply (see
// Merge).
func (p Override) isKept() bool { return p.Observed == "" && p.Requested != "" }

// Searchable reports whether resources can be found by the terms of kept values of an attribute. It
// is the same for all callers of a scope, whatever extensions they declare. Lists of the core
// schemas, such as addresses, are not indexed.
func Searchable(t scim.ResourceType, p scim.AttrPath) bool {
	if Indexed(t, p) || Apart(p) || p.Name == "" {
		return false
	}
	def, known := scim.CoreSchemas().Lookup(t, p.Top())
	return known && !def.MultiValued || !known && p.URN != ""
}

// Lookup returns the terms of the records that may have a value of an attribute which scim.Match
// finds equal to raw, the literal of a filter. The attribute must be Searchable and StoreOnly.
// Every record with such a value has one of the terms; records with one of the terms may have
// another value, because case, type and spelling are compared more strictly by some schemas than
// by the terms. It returns none for null, which means that there is no value.
func Lookup(t scim.ResourceType, p scim.AttrPath, raw string) []string {
	values := canonical(raw)
	if len(values) == 0 {
		return nil
	}
	prefix, out := termPrefix(t, p), []string{partial(t)}
	for _, c := range values {
		out = append(out, prefix+c)
	}
	return out
}

// Indexing returns the terms of a stored record: the given ones, without those of kept values, and
// those of the kept values of this record.
func (rec Record) Indexing(terms []string) []string {
	out := slices.DeleteFunc(slices.Clone(terms), func(term string) bool { return strings.HasPrefix(term, keptPrefix) })
	types := []scim.ResourceType{rec.Type}
	if rec.Type == "" { // of an early release: found under both types
		types = []scim.ResourceType{scim.User, scim.Group}
	}
	if rec.Pending == nil {
		for _, t := range types {
			out = append(out, rec.keptTerms(t, maxKept/len(types))...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// keptTerms returns the terms of the kept values, or the partial one if there are too many.
func (rec Record) keptTerms(t scim.ResourceType, most int) []string {
	var out []string
	add := func(p scim.AttrPath, raw string) {
		if values := canonical(raw); len(values) > 0 {
			prefix := termPrefix(t, p)
			for _, v := range values {
				out = append(out, prefix+v)
			}
		}
	}
	for _, p := range rec.Overrides {
		if !p.isKept() || !Searchable(t, p.Path) {
			continue
		}
		// The overrides of an object are its members. Of a list, Match compares the elements and
		// the members of elements.
		for e := range document.Values(p.Requested) {
			add(p.Path, e)
			for m := range document.Members(e) {
				add(p.Path.With(m.Name), m.Raw)
			}
			if len(out) > most {
				return []string{partial(t)}
			}
		}
	}
	return out
}

// partial is the term of a record of which no kept value is indexed.
func partial(t scim.ResourceType) string { return keptPrefix + string(t) }

func termPrefix(t scim.ResourceType, p scim.AttrPath) string {
	return keptPrefix + string(t) + separator + short(pathKey(p)) + separator
}

// pathKey is the same for all paths that name one value: whatever the case of names, wherever the
// URN of an extension without a schema ends (scim.Match accepts any), and with or without the
// sub-attribute "value", for which an element stands.
func pathKey(p scim.AttrPath) string {
	key := document.Fold(strings.Join(p.Steps(), ":"))
	for strings.HasSuffix(key, ":value") {
		key = strings.TrimSuffix(key, ":value")
	}
	return key
}

// canonical returns the forms under which a value is indexed and looked up; values that are equal
// under any definition of the attribute have one in common. They are: a text in lower case; the
// time, if the text is one; one form of a number. Objects and lists have none, and equal nothing.
func canonical(raw string) []string {
	switch {
	case document.IsText(raw):
		text := document.Text(raw)
		out := []string{"t" + short(document.Lower(text))}
		if len(text) > 10 && text[4] == '-' && text[10] == 'T' {
			if at, err := scim.ParseDateTime(text); err == nil {
				out = append(out, "d"+at.UTC().Format(time.RFC3339Nano))
			}
		}
		return out
	case raw == "true" || raw == "false":
		return []string{"b" + raw}
	case raw == "" || raw == "null" || document.IsObject(raw) || document.IsArray(raw):
		return nil
	}
	// Integers are compared digit by digit and other numbers as floats. Equal ones have the same
	// float, or the same text if they are out of range.
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return []string{"n" + short(raw)}
	}
	if f == 0 {
		f = 0 // -0 is 0
	}
	return []string{"n" + strconv.FormatFloat(f, 'g', -1, 64)}
}

// short returns a text, or its hash if it is long, because stores limit the size of a term.
func short(text string) string {
	if len(text) <= longTerm {
		return text
	}
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}
