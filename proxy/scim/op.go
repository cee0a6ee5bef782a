package scim

// OpKind is what a PATCH operation does.
type OpKind string

// The PATCH operations (RFC 7644 section 3.5.2).
const (
	Add        OpKind = "add"
	Remove     OpKind = "remove"
	ReplaceAll OpKind = "replace"
)

// Op is a PATCH operation in standard form. Value is JSON text, or "" if there is none.
type Op struct {
	Kind  OpKind
	Path  Path
	Value string
}
