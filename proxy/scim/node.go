package scim

// node is a JSON value. It is parsed only as deep as it is looked at, and written when its text is
// asked for. The zero node is absent.
type node struct {
	raw    string
	object *Object // the value, once it was opened
	list   *list   // the value, once its elements were asked for
}

// list is a JSON array, or one value in the place of an array.
type list struct {
	elements []element
	changed  bool
	places   places // of the elements, nil: not known
}

// element keeps what makes another value its repetition, because that costs a pass over its text.
type element struct {
	node
	sameness []string
}

func (n *node) absent() bool { return n.raw == "" && n.object == nil && n.list == nil }

func (n *node) dirty() bool {
	return n.object != nil && n.object.dirty() || n.list != nil && n.list.changed
}

// String is the JSON text.
func (n *node) String() string {
	switch {
	case !n.dirty():
		return n.raw
	case n.object != nil:
		return n.object.String()
	}
	texts := make([]string, len(n.list.elements))
	for i := range texts {
		texts[i] = n.list.elements[i].String()
	}
	return Array(texts)
}

// unassigned is Unassigned of the text.
func (n *node) unassigned() bool {
	switch {
	case n.object != nil:
		return n.object.live == 0
	case n.list != nil && n.list.changed:
		return len(n.list.elements) == 0
	}
	return Unassigned(n.raw)
}

func (n *node) isObject() bool { return n.object != nil || isObject(n.raw) && !n.isArray() }

func (n *node) isArray() bool {
	return n.list != nil && n.list.changed || n.object == nil && isArray(n.raw)
}

// open is the object, to be looked at and changed in place, or nil if the value is not an object.
func (n *node) open() *Object {
	if n.object == nil && n.isObject() {
		n.object, n.list = parseObject(n.raw), nil
	}
	return n.object
}

// values are the elements, to be looked at and changed in place. Code that changes them sets
// list.changed.
func (n *node) values() *list {
	if n.list == nil {
		*n = node{raw: n.String(), list: &list{}}
		for e := range elements(n.raw) {
			n.list.elements = append(n.list.elements, element{node: node{raw: e}})
		}
	}
	return n.list
}

// member is a member of the value, or nil.
func (n *node) member(name string) *node {
	if o := n.open(); o != nil {
		if i := o.find(name); i >= 0 {
			return &o.slots[i].node
		}
	}
	return nil
}

// text is the JSON text of a member, or "".
func (n *node) text(name string) string {
	if m := n.member(name); m != nil {
		return m.String()
	}
	return ""
}

// setMember puts JSON text at a name of an object; "" removes. An absent value becomes an object.
func (n *node) setMember(name, raw string) {
	if n.absent() {
		*n = node{object: &Object{changed: true}}
	}
	n.open().set(name, node{raw: raw})
}

// merge sets the members of an object, null removes.
func (n *node) merge(from string) {
	for m := range fields(from) {
		if m.raw == "null" {
			m.raw = ""
		}
		n.setMember(m.key, m.raw)
	}
}

// primary reports whether the value is marked as the primary one.
func (n *node) primary() bool { return n.text("primary") == "true" }
