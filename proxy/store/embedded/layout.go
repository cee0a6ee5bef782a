package embedded

import (
	"errors"
	"fmt"
	"slices"

	"keycloak-scim-proxy/proxy/store"
)

// place is the position of a bucket in the layout; see the package documentation.
type place struct {
	path []string // names from the root
}

// holdsBuckets reports whether the elements are buckets. If not, all of them are values.
func (p place) holdsBuckets() bool {
	return len(p.path) == 0 || p.path[0] == string(tenantsBucket()) && len(p.path) < 3
}

// names returns the sorted names of the elements, or nil if they may have any names.
func (p place) names() []string {
	switch {
	case len(p.path) == 0:
		return []string{string(metaBucket()), string(tenantsBucket())}
	case len(p.path) == 2:
		return []string{string(recordsBucket()), string(termsBucket())}
	}
	return nil
}

// longest is the maximum length of a key.
func (p place) longest() int {
	if len(p.path) == 3 && p.path[2] == string(termsBucket()) {
		return 2*store.MaxTerm + 1 + store.MaxID // escaping at most doubles a term
	}
	return store.MaxID
}

// inside is the place of a bucket in this one.
func (p place) inside(name []byte) place {
	return place{path: append(slices.Clone(p.path), string(name))}
}

// bucket checks a bucket: the tree that begins at a page or, if root is 0, the page inside the
// bucket's own value.
func (v *verifier) bucket(root uint64, inline []byte, p place) error {
	var found []string
	leaf := func(list []element) error {
		for _, e := range list {
			switch {
			case e.isBucket != p.holdsBuckets():
				return fmt.Errorf("%q mixes buckets and values", p.path)
			case len(e.key) > p.longest():
				return fmt.Errorf("%q has a key of %d bytes", p.path, len(e.key))
			}
			if p.names() != nil {
				found = append(found, string(e.key))
			}
			if e.isBucket {
				if err := v.nested(e.value, p.inside(e.key)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := v.contents(root, inline, leaf); err != nil {
		return err
	}
	if !slices.Equal(found, p.names()) && !(v.fresh && len(found) == 0) {
		return fmt.Errorf("it has %q where %q should be, unless it is from a later release", found, p.names())
	}
	return nil
}

// nested checks the bucket with this value: the number of its page, a sequence, and the page itself
// if the number is 0.
func (v *verifier) nested(value []byte, p place) error {
	if len(value) < headerSize {
		return fmt.Errorf("%q is cut short", p.path)
	}
	return v.bucket(u64(value), value[headerSize:], p)
}

func (v *verifier) contents(root uint64, inline []byte, leaf func([]element) error) error {
	if root != 0 {
		return v.tree(root, nil, nil, leaf, 0)
	}
	if len(inline) < headerSize || u16(inline[8:]) != leafPage {
		return errors.New("a bucket is cut short")
	}
	list, used, err := elements(inline, nil, nil)
	if err == nil && used != len(inline) {
		err = errors.New("is longer than its elements")
	}
	if err != nil {
		return fmt.Errorf("a bucket %w", err)
	}
	return leaf(list)
}

// tree walks from a page to the leaves. Their keys must be at least low and less than high.
func (v *verifier) tree(id uint64, low, high []byte, leaf func([]element) error, depth int) error {
	page, err := v.page(id)
	if err != nil {
		return err
	}
	kind := u16(page[8:])
	if kind != leafPage && kind != branchPage || depth == deepest {
		return fmt.Errorf("page %d is not one of records", id)
	}
	list, _, err := elements(page, low, high)
	switch {
	case err != nil:
		return fmt.Errorf("page %d %w", id, err)
	case len(list) == 0 && !v.fresh:
		return fmt.Errorf("page %d is empty", id) // bbolt keeps an empty bucket in the bucket's own value
	case kind == leafPage:
		return leaf(list)
	}
	for i, e := range list {
		next := high
		if i+1 < len(list) {
			next = list[i+1].key
		}
		if err := v.tree(e.child, e.key, next, leaf, depth+1); err != nil {
			return err
		}
	}
	return nil
}
