package scim

// Query is a List below the door: parsed, its type known.
type Query struct {
	Type   ResourceType
	Filter Filter // nil: all
	Sort   Sort
	Start  int    // 1-based index of the first result; ignored where After is set
	After  string // go on behind a resource: one of Page.Marks
	Count  int    // page size; 0 asks for the total only
	Need   Need
	// Cursor asks for a page by cursor (RFC 9865); "" is the first one.
	Cursor *string
}

// Sort is sortBy and its direction; the zero value is the directory's own order.
type Sort struct {
	By         AttrPath
	Descending bool
}

// Page of a List. Total counts all results, not only those on the page; with After set, those behind it.
type Page struct {
	Total     int
	Start     int
	Resources []Resource
	// Types of the resources, in a search over all types; otherwise empty.
	Types []ResourceType
	// Marks say for each resource how to go on behind it (Query.After). They stay right while others create and delete.
	Marks []string
	// Next is the cursor of the next page; "" where there is none.
	Next string
	// Uncounted says that Total is not known.
	Uncounted bool
}
