package scim

// Bounds of what a request may name. They are counted before any rule or layer looks at it, and are
// far above what identity providers send.
const (
	// MaxAttributes bounds the members of one JSON object, the attributes of a resource, and the
	// attributes that a PATCH names, but for a group's members. The schemas of RFC 7643 define
	// about 100 with all sub-attributes. A request at the bound takes less than 0.1 s of one core, in any
	// of the shapes of TestCostsGrowWithTheSize; the cost grows with the number.
	MaxAttributes = 5000
	// MaxValues bounds the JSON values of a body. A group of 100,000 members whose value, $ref,
	// display and type are given has 500,000.
	MaxValues = 1 << 19
	// maxLooks bounds how many values the operations of one PATCH look at in all: each comparison
	// of a filter with a value is one look, and one more for every lookBytes of its text.
	maxLooks  = 1_000_000
	lookBytes = 64
)
