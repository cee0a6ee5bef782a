package adapters

import (
	"bytes"
	"encoding/json"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// reshape changes the body as a JSON object; a body that is none is left for the strict reader.
func reshape(w scim.Wire, change func(scim.Resource) scim.Resource) (scim.Wire, bool) {
	before, err := scim.ParseResource(w.Body)
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
			op, err := scim.ParseResource([]byte(e))
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
	if a == b {
		return true
	}
	var x, y bytes.Buffer
	return json.Compact(&x, []byte(a)) == nil && json.Compact(&y, []byte(b)) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

func isWrite(w scim.Wire) bool { return w.Method == "POST" || w.Method == "PUT" }

func object(raw string) (scim.Resource, bool) {
	if !strings.HasPrefix(raw, "{") {
		return scim.Resource{}, false
	}
	r, err := scim.ParseResource([]byte(raw))
	return r, err == nil
}
