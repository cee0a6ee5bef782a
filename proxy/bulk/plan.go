package bulk

import (
	"slices"

	"keycloak-scim-proxy/proxy/protocol"
)

// unit is carried out as a whole: one operation, or the creates of a circle of references.
type unit struct {
	ops    []int   // in request order
	before []*unit // units that wait for this one
	waits  int     // how many units this one still waits for
}

// plan makes units and the order between them. The order has no circles: creates wait only for
// creates outside of their own circle, and other operations wait for creates and for earlier
// operations.
func (r *run) plan() []*unit {
	var units []*unit
	of := make([]*unit, len(r.ops))
	for _, ops := range circles(len(r.ops), r.makersOf) {
		u := &unit{ops: ops}
		units = append(units, u)
		for _, i := range ops {
			of[i] = u
		}
	}
	known := map[[2]*unit]bool{}
	after := func(i, j int) { // i comes after j
		if first, then := of[j], of[i]; first != then && !known[[2]*unit{first, then}] {
			known[[2]*unit{first, then}] = true
			first.before = append(first.before, then)
			then.waits++
		}
	}
	for i := range r.ops {
		if r.ops[i].err != nil {
			continue // it has failed already, so it waits for nothing
		}
		for _, j := range r.depends(i) {
			after(i, j)
		}
	}
	r.keepOrder(after)
	return units
}

// depends returns the operations that create the resources that an operation refers to.
func (r *run) depends(i int) []int {
	var out []int
	for _, id := range r.ops[i].refs {
		if j, ok := r.makers[id]; ok && j != i {
			out = append(out, j)
		}
	}
	return out
}

// makersOf returns the edges of the graph of creates in which circles are searched. A create that
// has failed already has no edges.
func (r *run) makersOf(i int) []int {
	if _, creates := r.ops[i].call.(protocol.Create); !creates || r.ops[i].err != nil {
		return nil
	}
	return slices.DeleteFunc(r.depends(i), func(j int) bool { return r.ops[j].err != nil })
}

// keepOrder keeps operations on one resource in request order. An operation on a resource that the
// request creates also waits for earlier operations that refer to the resource.
func (r *run) keepOrder(after func(i, j int)) {
	uses := map[string][]int{}
	for i := range r.ops {
		o := &r.ops[i]
		if o.err != nil || o.ref.ID == "" {
			for _, id := range o.refs {
				uses[r.keyOf(id)] = append(uses[r.keyOf(id)], i)
			}
			continue
		}
		own := o.ref.Key()
		if id, ok := Reference(o.ref.ID); ok {
			own = r.keyOf(id)
		}
		for _, j := range uses[own] {
			after(i, j)
		}
		for _, id := range o.refs {
			uses[r.keyOf(id)] = append(uses[r.keyOf(id)], i)
		}
		uses[own] = []int{i}
	}
}

func (r *run) keyOf(bulkID string) string { return "bulkId:" + bulkID }
