package protocol

import (
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Decoder turns requests into calls.
type Decoder struct {
	Dialect Dialect
	Schemas scim.Schemas
	// MaxFilter is the size of the longest filter, in bytes.
	MaxFilter int
	// DefaultPage is the page size if the request has no count; MaxPage is the largest page.
	DefaultPage, MaxPage int
}

// Decode checks how much the request names, runs the rules of the dialect and reads the result
// strictly. It also returns the names of the rules that changed the request.
func (d Decoder) Decode(w Request) (Call, []string, error) {
	w, err := unfoldSearch(w)
	if err != nil {
		return nil, nil, err
	}
	body, broken := scim.Part(strings.TrimSpace(string(w.Body))) // once for all steps
	if err := d.bounds(w, body); err != nil {
		return nil, nil, err
	}
	m, fired := d.Dialect.apply(d.Schemas, w, body)
	if w = m.Request; m.Body != nil {
		body, broken = m.Body.Resource(), nil
	}
	if w.Projection, err = readProjection(w); err != nil {
		return nil, fired, err
	}
	c, err := d.read(w, body, broken)
	return c, fired, err
}

// read reads a request in standard form; broken is the error of a body that is not an object.
func (d Decoder) read(w Request, r scim.Resource, broken error) (Call, error) {
	ref := scim.Ref{Type: w.Type, ID: w.ID}
	switch {
	case w.Method == "GET" && w.ID == "":
		q, err := d.readQuery(w)
		return List{Query: q, Projection: w.Projection}, err
	case w.Type == "":
		return nil, scim.MethodNotAllowed(w.Method)
	case w.Method == "GET":
		return Read{Ref: ref, Projection: w.Projection, IfNoneMatch: w.IfNoneMatch}, nil
	case w.Method == "POST" && w.ID == "":
		body, err := d.readBody(w.Type, r, broken)
		return Create{Type: w.Type, Body: body, Projection: w.Projection}, err
	case w.Method == "PUT" && w.ID != "":
		body, err := d.readBody(w.Type, r, broken)
		if id := body.ID(); err == nil && id != "" && id != w.ID {
			err = scim.InvalidValue("the id in the body is not the id in the path")
		}
		return Replace{Ref: ref, Body: body, IfMatch: w.IfMatch, Projection: w.Projection}, err
	case w.Method == "PATCH" && w.ID != "":
		ops, err := readPatch(r, broken)
		return Patch{Ref: ref, Ops: ops, IfMatch: w.IfMatch, Projection: w.Projection}, err
	case w.Method == "DELETE" && w.ID != "":
		return Delete{Ref: ref, IfMatch: w.IfMatch}, nil
	}
	return nil, scim.MethodNotAllowed(w.Method)
}

// readBody reads a whole resource and checks its types. Attributes that are set by the server
// (meta) or never stored are ignored and not checked.
func (d Decoder) readBody(t scim.ResourceType, r scim.Resource, broken error) (scim.Resource, error) {
	if broken != nil {
		return r, broken
	}
	if raw := r.Raw("schemas"); raw != "" && !document.IsArray(raw) {
		return r, scim.InvalidSyntax("schemas is not an array")
	}
	if raw := r.Raw("id"); raw != "" && raw != "null" && !document.IsText(raw) {
		return r, scim.InvalidValue("id is not a string")
	}
	return r, d.Schemas.Check(t, r)
}

func readPatch(r scim.Resource, broken error) ([]scim.Op, error) {
	if broken != nil {
		return nil, broken
	}
	if !hasSchema(r, scim.PatchURN) {
		return nil, scim.InvalidSyntax("schemas does not name %s", scim.PatchURN)
	}
	raw := r.Raw("Operations")
	if !document.IsArray(raw) { // an empty list is valid: rules may have removed all
		return nil, scim.InvalidSyntax("Operations is missing or no array")
	}
	var ops []scim.Op
	for e := range document.Values(raw) {
		op, err := readOp(e)
		if err != nil {
			err.Detail = "operation " + strconv.Itoa(len(ops)+1) + ": " + err.Detail
			return nil, err
		}
		ops = append(ops, op)
	}
	return ops, nil
}

func readOp(raw string) (scim.Op, *scim.Error) {
	if !document.IsObject(raw) {
		return scim.Op{}, scim.InvalidSyntax("it is not an object")
	}
	var kind, path, value string
	for m := range document.Members(raw) { // in one pass, because the value may be large
		switch {
		case kind == "" && strings.EqualFold(m.Name, "op"):
			kind = m.Raw
		case path == "" && strings.EqualFold(m.Name, "path"):
			path = m.Raw
		case value == "" && strings.EqualFold(m.Name, "value"):
			value = m.Raw
		}
	}
	op := scim.Op{Kind: scim.OpKind(document.Text(kind)), Value: value}
	if op.Kind != scim.Add && op.Kind != scim.Remove && op.Kind != scim.ReplaceAll {
		return op, scim.InvalidSyntax("op is not add, remove or replace")
	}
	if path != "" && path != "null" {
		if !document.IsText(path) {
			return op, scim.InvalidPath("path is not a string")
		}
		var err error
		if op.Path, err = scim.ParsePath(document.Text(path)); err != nil {
			return op, scim.AsError(err)
		}
	}
	switch {
	case op.Kind == scim.Remove && op.Path.IsZero():
		return op, scim.NoTarget("remove needs a path")
	case op.Kind == scim.Add && op.Value == "":
		return op, scim.InvalidValue("add needs a value")
	case op.Kind == scim.ReplaceAll && op.Value == "":
		return op, scim.InvalidValue("replace needs a value")
	case op.Path.IsZero() && !document.IsObject(op.Value):
		return op, scim.InvalidValue("without a path the value must be an object")
	}
	return op, nil
}

func hasSchema(r scim.Resource, urn string) bool {
	for e := range document.Values(r.Raw("schemas")) {
		if strings.EqualFold(document.Text(e), urn) {
			return true
		}
	}
	return false
}
