package journaling

import "keycloak-scim-proxy/proxy/scim"

// Effect is what a call is about to do, for a policy that decides about it.
type Effect struct {
	Ref  scim.Ref
	Name string // userName or displayName
	// Deactivates: the user is active, and is not afterwards.
	Deactivates bool
	Deletes     bool
	// Removed are members that a group loses.
	Removed []string
	// Size returns how many members the group has now.
	Size func() (int, error)
}

// Destructive reports whether users lose access.
func (e Effect) Destructive() bool { return e.Deactivates || e.Deletes || len(e.Removed) > 0 }

var activePath = scim.AttrPath{Name: "active"}

// deactivates reports whether a change of a user ends its access.
func deactivates(t scim.ResourceType, before, after scim.Resource) bool {
	return t == scim.User && before.Get(activePath) != "false" && after.Get(activePath) == "false"
}
