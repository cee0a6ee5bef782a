package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// reshape changes the body as a JSON object; a body that is none is left for the strict reader.
func reshape(w scim.Wire, change func(scim.Resource) scim.Resource) (scim.Wire, bool) {
	before, err := scim.Part(strings.TrimSpace(string(w.Body)))
	if err != nil {
		return w, false
	}
	after := change(before)
	if same(after.String(), before.String()) {
		return w, false
	}
	w.Body = []byte(after.String())
	return w, true
}

// eachOp changes the operations of a PATCH one by one; one may become several, or none.
func eachOp(w scim.Wire, change func(op scim.Resource) []scim.Resource) (scim.Wire, bool) {
	if w.Method != "PATCH" {
		return w, false
	}
	return reshape(w, func(body scim.Resource) scim.Resource {
		raw := body.Raw("Operations")
		if !strings.HasPrefix(raw, "[") {
			return body
		}
		var out []string
		changed := false
		for _, e := range scim.Elements(raw) {
			op, err := scim.Part(e)
			if err != nil {
				out = append(out, e)
				continue
			}
			next := change(op)
			changed = changed || len(next) != 1 || !same(next[0].String(), op.String())
			for _, n := range next {
				out = append(out, n.String())
			}
		}
		if !changed {
			return body
		}
		return body.With("Operations", scim.Array(out))
	})
}

// one is for rules that change an operation and keep it.
func one(change func(scim.Resource) scim.Resource) func(scim.Resource) []scim.Resource {
	return func(op scim.Resource) []scim.Resource { return []scim.Resource{change(op)} }
}

// same reports whether two JSON texts differ in white space at most: that alone is not a change.
func same(a, b string) bool {
	quoted, escaped := false, false
	for a != b {
		if !quoted {
			a, b = strings.TrimLeft(a, blank), strings.TrimLeft(b, blank)
		}
		if a == "" || b == "" || a[0] != b[0] {
			return a == b
		}
		switch {
		case escaped:
			escaped = false
		case a[0] == '"':
			quoted = !quoted
		case a[0] == '\\':
			escaped = quoted
		}
		a, b = a[1:], b[1:]
	}
	return true
}

// blank is white space in JSON.
const blank = " \t\r\n"

func isWrite(w scim.Wire) bool { return w.Method == "POST" || w.Method == "PUT" }

func object(raw string) (scim.Resource, bool) {
	r, err := scim.Part(raw)
	return r, err == nil
}

// eachValue changes the elements of a list, or the one value that stands in its place. A list in a
// list is not a value of SCIM; it stays as it is, and the strict reader refuses it.
func eachValue(raw string, change func(string) string) string {
	if !strings.HasPrefix(raw, "[") {
		return change(raw)
	}
	es, changed := scim.Elements(raw), false
	for i, e := range es {
		if !strings.HasPrefix(e, "[") {
			es[i] = change(e)
			changed = changed || es[i] != e
		}
	}
	if !changed {
		return raw
	}
	return scim.Array(es)
}
