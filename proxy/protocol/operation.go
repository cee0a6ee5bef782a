package protocol

import (
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Operation is an operation of a PATCH while the rules of a dialect run.
type Operation struct {
	*scim.Object        // nil if it is not a JSON object
	text         string // the JSON text if Object is nil
	path         parsedPath
}

// parsedPath is a path with the text that it was parsed from.
type parsedPath struct {
	raw  string
	path scim.Path
	ok   bool
}

func parseOperation(raw string) *Operation {
	r, err := scim.Part(raw)
	if err != nil {
		return &Operation{text: raw}
	}
	return &Operation{Object: r.Object()}
}

// NewOperation returns an operation. An empty path or value is left out.
func NewOperation(kind scim.OpKind, path, value string) *Operation {
	op := &Operation{Object: document.NewObject()}
	op.Put("op", document.Quote(string(kind)))
	if path != "" {
		op.Put("path", document.Quote(path))
	}
	op.Put("value", value)
	return op
}

// String returns the JSON text.
func (op *Operation) String() string {
	if op.Object == nil {
		return op.text
	}
	return op.Object.String()
}

// Kind returns the text of op, or "" if it is not a string.
func (op *Operation) Kind() scim.OpKind {
	if raw := op.Raw("op"); document.IsText(raw) {
		return scim.OpKind(document.Text(raw))
	}
	return ""
}

// SetKind sets op.
func (op *Operation) SetKind(k scim.OpKind) { op.Put("op", document.Quote(string(k))) }

// Path returns the path, and false if there is none or it is not valid.
func (op *Operation) Path() (scim.Path, bool) {
	raw := op.Raw("path")
	if raw != op.path.raw {
		op.path = parsedPath{raw: raw}
		if document.IsText(raw) {
			p, err := scim.ParsePath(document.Text(raw))
			op.path.path, op.path.ok = p, err == nil
		}
	}
	return op.path.path, op.path.ok
}

// SetPath sets the path, in its standard spelling.
func (op *Operation) SetPath(p scim.Path) { op.SetPathText(p.String()) }

// SetPathText sets the path to any text, also one that is not valid.
func (op *Operation) SetPathText(path string) { op.Put("path", document.Quote(path)) }

// Value returns the JSON text of value, or "".
func (op *Operation) Value() string { return op.Raw("value") }

// SetValue sets value to JSON text; "" removes it.
func (op *Operation) SetValue(raw string) { op.Put("value", raw) }

// At returns an operation of the same kind with another path and value.
func (op *Operation) At(path, value string) *Operation {
	return NewOperation(op.Kind(), path, value)
}

// Member is a copy of the operation for one member of its value: the key is the path. A name that
// RFC 7643 does not allow is not a path and stays a key.
func (op *Operation) Member(key, raw string) *Operation {
	_, noPath := scim.ParsePath(key)
	if _, noKey := scim.ParseKey(key); noPath != nil && noKey == nil {
		return op.At("", "{"+document.Quote(key)+":"+raw+"}")
	}
	return op.At(key, raw)
}
