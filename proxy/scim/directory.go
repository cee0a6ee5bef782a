package scim

import (
	"context"
	"slices"
	"strings"
)

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
