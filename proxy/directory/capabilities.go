package directory

import "keycloak-scim-proxy/proxy/scim"

// Placement says where an attribute is stored. It decides whether the attribute is sent to
// Keycloak, whether a difference after a write is an error, whether a filter on it may be pushed
// down, and whether a miss in the index proves that no resource has the value.
type Placement uint8

// The placements.
const (
	// StoreOnly: Keycloak does not show the attribute. Only the store has it, so a miss in the
	// index proves that no resource has the value.
	StoreOnly Placement = iota
	// ServerMade: Keycloak shows a value that it makes itself (name.formatted) or that only others
	// may set. The requested value is kept in the store.
	ServerMade
	// WriteOnce: Keycloak accepts the first value and ignores later ones (a group's externalId,
	// since 26.8). Later values are kept in the store.
	WriteOnce
	// PrimaryOnly: Keycloak has one element (emails; on 26.7.3 any list); the others are kept. A
	// filter on it is never pushed down alone.
	PrimaryOnly
	// CaseFolded: Keycloak changes the letter case, removes blanks at the ends, or shows the e-mail
	// address in place of the name (userName). The requested spelling is kept in the store; filters
	// are pushed down.
	CaseFolded
	// Normalised: Keycloak removes blanks at the ends of a text (names, a group's displayName,
	// mapped attributes), or shows a single text as a list of one. The requested text is kept in
	// the store; filters are pushed down.
	Normalised
	// Native: Keycloak shows the value as requested, or the write fails. Filters are pushed down.
	Native
)

// FilterSupport says which filters on an attribute a directory evaluates as RFC 7644 defines them.
type FilterSupport uint8

// The kinds of support.
const (
	// None: no filter is reliable.
	None FilterSupport = iota
	// EqOnly: only "eq", and not inside "not".
	EqOnly
	// NoNegation: every operator except "ne", and not inside "not". A negation would lose resources
	// without the attribute.
	NoNegation
	// Full: every filter, because every resource has the attribute.
	Full
)

// Capabilities describe what a directory supports. A layer changes its own copy.
type Capabilities struct {
	// Placements maps AttrPath.Key by resource type. An attribute without an entry is StoreOnly.
	Placements map[scim.ResourceType]map[string]Placement
	// Filters maps AttrPath.Key by resource type. An attribute without an entry is None.
	Filters map[scim.ResourceType]map[string]FilterSupport
	// FilterLimits are the largest filters that List accepts, also with ResumeAfter.
	FilterLimits FilterLimits
	// Required are the attributes that a resource must have beyond those that the schemas require.
	Required map[scim.ResourceType][]scim.AttrPath
	// Order is the attribute by which the directory lists resources, ascending. It is set only if
	// the order is correct for sortBy.
	Order map[scim.ResourceType]scim.AttrPath
	// Sort, ETag and Cursor are advertised in ServiceProviderConfig.
	Sort, ETag, Cursor bool
	// MaxPage is the largest page of a list. CursorLife is how many seconds a cursor is valid.
	MaxPage, CursorLife int
	// Bulk is the number of operations that a bulk request may have. If it is 0, bulk is not
	// supported.
	Bulk int
	// BulkPayload is the size of the largest bulk request, in bytes.
	BulkPayload int
}

// Placement returns the placement of an attribute. A sub-attribute without an entry has the
// placement of its parent.
func (c Capabilities) Placement(t scim.ResourceType, p scim.AttrPath) Placement {
	placed := c.Placements[t]
	h, ok := placed[p.Key()]
	if !ok && p.Sub != "" {
		h = placed[p.Top().Key()]
	}
	return h
}
