package scim

// Call is one decoded request: exactly one of Create, Read, List, Replace, Patch, Delete. Decode is its only maker.
//
//sumtype:decl
type Call interface {
	// Verb names the call in logs and metrics.
	Verb() string
	// Writes reports whether the call may change something.
	Writes() bool
	call()
}

type (
	// Create is POST of a resource.
	Create struct {
		Type ResourceType
		Body Resource
		Want Want
	}
	// Read is GET by id.
	Read struct {
		Ref
		Want        Want
		IfNoneMatch string
	}
	// List is GET of an endpoint, or POST of a .search.
	List struct {
		Query Query
		Want  Want
	}
	// Replace is PUT.
	Replace struct {
		Ref
		Body    Resource
		IfMatch string
		Want    Want
	}
	// Patch is PATCH.
	Patch struct {
		Ref
		Ops     []Op
		IfMatch string
		Want    Want
	}
	// Delete is DELETE.
	Delete struct {
		Ref
		IfMatch string
	}
)

// Verb of the call.
func (Create) Verb() string { return "create" }

// Verb of the call.
func (Read) Verb() string { return "get" }

// Verb of the call.
func (List) Verb() string { return "list" }

// Verb of the call.
func (Replace) Verb() string { return "replace" }

// Verb of the call.
func (Patch) Verb() string { return "patch" }

// Verb of the call.
func (Delete) Verb() string { return "delete" }

// Writes is true.
func (Create) Writes() bool { return true }

// Writes is false.
func (Read) Writes() bool { return false }

// Writes is false.
func (List) Writes() bool { return false }

// Writes is true.
func (Replace) Writes() bool { return true }

// Writes is true.
func (Patch) Writes() bool { return true }

// Writes is true.
func (Delete) Writes() bool { return true }

func (Create) call()  {}
func (Read) call()    {}
func (List) call()    {}
func (Replace) call() {}
func (Patch) call()   {}
func (Delete) call()  {}
