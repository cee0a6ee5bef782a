package scim

// ResourceType is the name of a resource type (RFC 7643 section 6).
type ResourceType string

// The resource types.
const (
	User  ResourceType = "User"
	Group ResourceType = "Group"
)

// Endpoint returns the path segment of the type, "Users" or "Groups".
func (t ResourceType) Endpoint() string { return string(t) + "s" }

// Ref names one resource.
type Ref struct {
	Type ResourceType
	ID   string
}

// Key returns a text that is unique among all resources of a tenant, for locks and logs.
func (r Ref) Key() string { return string(r.Type) + "/" + r.ID }
