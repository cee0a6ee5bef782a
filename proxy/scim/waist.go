package scim

import (
	"context"
	"slices"
	"strings"
)

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

// Service answers one decoded call. It has one method because everything that wraps it treats all calls alike.
type Service interface {
	Do(ctx context.Context, c Call) (Answer, error)
}

// ServiceFunc makes a decorator or a fake out of a function.
type ServiceFunc func(context.Context, Call) (Answer, error)

// Do calls the function.
func (f ServiceFunc) Do(ctx context.Context, c Call) (Answer, error) { return f(ctx, c) }

// Answer of a Service. Version is empty where not the whole resource was read: an ETag is never guessed.
type Answer struct {
	Resource Resource
	Page     *Page
	Version  string
	// Made is the resource that a Create made, also if the caller does not want to see it.
	Made Ref
	// Skipped are members that were left out because they do not exist, for the log.
	Skipped []string
	// Adopted says that a create took over a resource that an earlier, unanswered create had made.
	Adopted bool
}

// Directory is what a room stands on and what it offers. A room embeds the one below and overrides what it mends.
// There are no optional methods: a type assertion would not see through an embedding room.
type Directory interface {
	// Able says what is answered rightly from here down; discovery prints the topmost.
	Able() Able
	// Create returns what the directory shows afterwards. Members are not part of it: they go through Join.
	Create(ctx context.Context, t ResourceType, r Resource) (Resource, error)
	// Get returns at least what is needed.
	Get(ctx context.Context, r Ref, n Need) (Resource, error)
	// List returns one page.
	List(ctx context.Context, q Query) (Page, error)
	// Update calls edit with the current resource as seen from this level, without members, and makes it so.
	// The result is what is shown afterwards.
	Update(ctx context.Context, r Ref, edit Edit) (Resource, error)
	// Join changes a group's membership.
	Join(ctx context.Context, group Ref, m Membership) error
	// Delete removes the resource for good; deleting what is not there is 404.
	Delete(ctx context.Context, r Ref) error
}

// Edit computes the wanted resource from the current one. It is pure, may run more than once, and returns its argument for "no change".
type Edit func(current Resource) (wanted Resource, err error)

// Membership is the net effect of a request on a group: where Only is set, exactly Add remain.
type Membership struct {
	Only        bool
	Add, Remove []string
}

// Empty reports whether there is nothing to do.
func (m Membership) Empty() bool { return !m.Only && len(m.Add) == 0 && len(m.Remove) == 0 }

// Need is a promise by the reader to look at nothing else. A directory may return more, never less; exact trimming is done once, on top.
type Need struct {
	// Only lists attribute names, as AttrPath.Key of the top-level attribute; empty means all.
	Only []string
	// Members asks for a group's members too.
	Members bool
}

// Covers reports whether the need includes an attribute.
func (n Need) Covers(p AttrPath) bool {
	if len(n.Only) == 0 {
		return true
	}
	top, urn := p.Top().Key(), strings.ToLower(p.URN)
	return slices.ContainsFunc(n.Only, func(o string) bool { return o == top || urn != "" && o == urn })
}

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
