package scim

// Limits of a request. They are checked before any rule or layer runs, and are far above what
// identity providers send.
const (
	// MaxAttributes is the largest number of members of a JSON object, of attributes of a resource,
	// and of attributes in a PATCH without a group's members. The schemas of RFC 7643 define about
	// 100 with all sub-attributes. A request at the limit takes less than 0.1 s of one core in all
	// forms of TestCostsGrowWithTheSize; the cost is linear.
	MaxAttributes = 5000
	// MaxValues is the largest number of JSON values in a body. A group of 100,000 members with
	// value, $ref, display and type has 500,000.
	MaxValues = 1 << 19
	// maxLooks is the largest number of values that the operations of one PATCH look at in total.
	// Each comparison of a filter with a value counts one, and one more for every lookBytes of its
	// text.
	maxLooks  = 1_000_000
	lookBytes = 64
)
