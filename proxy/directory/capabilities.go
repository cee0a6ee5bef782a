package directory

import "keycloak-scim-proxy/proxy/scim"

// Placement says where an attribute lives. It decides what is offered to Keycloak, what a difference
// after a write means, whether a filter may be pushed down, and what a miss in an index means.
type Placement uint8

// The placements.
const (
	// StoreOnly: Keycloak does not show the attribute. The store is its only holder, so a miss in
	// the index is the truth.
	StoreOnly Placement = iota
	// ServerMade: Keycloak shows a value of its own making (name.formatted). What was asked for is
	// kept beside it.
	ServerMade
	// WriteOnce: Keycloak takes the first value and no other (a group's externalId, from 26.8 on).
	// What is asked for later is kept beside it.
	WriteOnce
	// PrimaryOnly: Keycloak has one element (emails); the others are kept. A filter on it is never
	// pushed down alone.
	PrimaryOnly
	// CaseFolded: Keycloak stores another letter case (userName). The spelling is kept; filters are
	// pushed down.
	CaseFolded
	// Native: Keycloak shows the value as asked for, or the write failed. Filters are pushed down.
	Native
)

// FilterSupport says which filters on an attribute a directory decides as RFC 7644 means them.
type FilterSupport uint8

// The kinds of support.
const (
	// None: no filter is reliable.
	None FilterSupport = iota
	// EqOnly: "eq" only, and not below "not".
	EqOnly
	// NoNegation: every operator but "ne", and not below "not". A negation would lose resources
	// without the attribute.
	NoNegation
	// Full: every filter, because every resource has the attribute.
	Full
)

// Capabilities say what a directory answers rightly. It is a value: a layer raises its own copy.
type Capabilities struct {
	// Placements maps AttrPath.Key by resource type; an attribute without an entry is StoreOnly.
	Placements map[scim.ResourceType]map[string]Placement
	// Filters maps AttrPath.Key by resource type; an attribute without an entry is None.
	Filters map[scim.ResourceType]map[string]FilterSupport
	// FilterLimits bound the filters that a List accepts, also one that resumes after a resource.
	FilterLimits FilterLimits
	// Required are the attributes that a resource must have beyond what the schemas require.
	Required map[scim.ResourceType][]scim.AttrPath
	// Order is the attribute that the directory's own order goes by, ascending, if that order is one
	// that sortBy may mean.
	Order map[scim.ResourceType]scim.AttrPath
	// Sort, ETag and Cursor are advertised in ServiceProviderConfig.
	Sort, ETag, Cursor bool
	// MaxPage is the largest page of a list; CursorLife is how many seconds a cursor is valid.
	MaxPage, CursorLife int
	// Bulk is the number of operations that a bulk request may have; 0 means no bulk.
	Bulk int
	// BulkPayload is the largest bulk request in bytes.
	BulkPayload int
}

// Placement of an attribute.
func (c Capabilities) Placement(t scim.ResourceType, p scim.AttrPath) Placement {
	placed := c.Placements[t]
	if h, ok := placed[p.Key()]; ok {
		return h
	}
	return placed[p.Top().Key()]
}
