package protocol

import (
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Call is a decoded request: one of Create, Read, List, Replace, Patch, Delete. Only Decode makes
// these. Restore is a call that no request is decoded to.
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
		Type       scim.ResourceType
		Body       scim.Resource
		Projection Projection
	}
	// Read is GET by id.
	Read struct {
		scim.Ref
		Projection  Projection
		IfNoneMatch string
	}
	// List is GET of an endpoint, or POST of a .search.
	List struct {
		Query      directory.Query
		Projection Projection
	}
	// Replace is PUT.
	Replace struct {
		scim.Ref
		Body       scim.Resource
		IfMatch    string
		Projection Projection
	}
	// Patch is PATCH.
	Patch struct {
		scim.Ref
		Ops        []scim.Op
		IfMatch    string
		Projection Projection
	}
	// Delete is DELETE.
	Delete struct {
		scim.Ref
		IfMatch string
	}
	// Restore gives values and members of a resource back. Operators undo and reapply with it.
	Restore struct {
		scim.Ref
		Values  []Value
		Members directory.MemberChange
		// Revive brings a user back that a DELETE has parked or deactivated, with the Values only.
		Revive bool
	}
	// Value is an attribute to restore, as JSON texts: it gets To if it is From. "" is no value.
	Value struct {
		Path     scim.AttrPath
		From, To string
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

// Verb of the call.
func (Restore) Verb() string { return "undo" }

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

// Writes is true.
func (Restore) Writes() bool { return true }

func (Create) call()  {}
func (Read) call()    {}
func (List) call()    {}
func (Replace) call() {}
func (Patch) call()   {}
func (Delete) call()  {}
func (Restore) call() {}

// Target returns the resource that a write changes; a Create has no id yet.
func Target(c Call) scim.Ref {
	switch c := c.(type) {
	case Create:
		return scim.Ref{Type: c.Type}
	case Replace:
		return c.Ref
	case Patch:
		return c.Ref
	case Delete:
		return c.Ref
	case Restore:
		return c.Ref
	default: // reads are not part of a bulk request
		return scim.Ref{}
	}
}
