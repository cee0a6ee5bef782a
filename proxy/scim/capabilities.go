package scim

// Holding says where an attribute lives. It drives what is offered to Keycloak, what a mismatch after a write means, what may be pushed
// down in a filter, and what an index miss means.
type Holding uint8

// The ways an attribute can be held.
const (
	// Kept attributes are not shown by Keycloak at all: the store is their only holder, and an index miss is the truth.
	Kept Holding = iota
	// Derived attributes are shown by Keycloak, but are of its own making (name.formatted): what was asked is kept beside it.
	Derived
	// Once is held by Keycloak when it is set first, and cannot be changed there afterwards (a group's externalId from 26.8 on): what
	// was asked later is kept beside it.
	Once
	// Partly held attributes have one element in Keycloak (emails); the others are kept. A filter is never pushed down alone.
	Partly
	// Folded attributes are stored in another letter case (userName): the spelling is kept, and filters are pushed down.
	Folded
	// Native attributes are shown exactly as asked, or the write failed. Filters are pushed down.
	Native
)

// Filtering says which filters on an attribute a directory decides as RFC 7644 means them.
type Filtering uint8

// The ways an attribute can be filtered by.
const (
	// NotFiltered: nothing, or nothing that can be relied on.
	NotFiltered Filtering = iota
	// ByEqual: "eq" only, and not below "not".
	ByEqual
	// Positively: every operator but "ne", and not below "not": a resource without the attribute would be lost.
	Positively
	// Fully: everything; every resource has the attribute.
	Fully
)

// Able says what a directory answers rightly. It is a value: rooms raise it, nobody changes a shared one.
type Able struct {
	// Holds maps AttrPath.Key by resource type; what is absent is Kept.
	Holds map[ResourceType]map[string]Holding
	// Filters maps AttrPath.Key by resource type; what is absent is NotFiltered.
	Filters map[ResourceType]map[string]Filtering
	// FilterLimits bound the filters that a List accepts, also one that goes on behind a resource.
	FilterLimits FilterLimits
	// Order is the attribute that the directory's own order goes by, ascending, where that order is one that sortBy may mean.
	Order map[ResourceType]AttrPath
	// Sort, ETag and Cursor are advertised in ServiceProviderConfig.
	Sort, ETag, Cursor bool
	// MaxPage is the largest page of a list; CursorLife is how many seconds a cursor is valid.
	MaxPage, CursorLife int
	// Bulk is the number of operations a bulk request may have; 0 means that there is no bulk.
	Bulk int
	// BulkPayload is the largest bulk request in bytes.
	BulkPayload int
}

// Holding of an attribute.
func (a Able) Holding(t ResourceType, p AttrPath) Holding {
	held := a.Holds[t]
	if h, ok := held[p.Key()]; ok {
		return h
	}
	return held[p.Top().Key()]
}
