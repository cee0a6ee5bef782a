package scim

// ResourceType is the name of a resource type (RFC 7643 section 6).
type ResourceType string

// The resource types that are served.
const (
	User  ResourceType = "User"
	Group ResourceType = "Group"
)

// Endpoint is the path segment under which resources of the type live, "Users" or "Groups".
func (t ResourceType) Endpoint() string { return string(t) + "s" }

// Ref names one resource.
type Ref struct {
	Type ResourceType
	ID   string
}

// Key is a text that is unique among all resources of a tenant, for locks and logs.
func (r Ref) Key() string { return string(r.Type) + "/" + r.ID }
