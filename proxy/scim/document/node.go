package document

// Node is a JSON value. It is parsed only as deep as it is looked at, and written when its text is
// asked for. The zero Node is absent.
type Node struct {
	raw    string
	object *Object // the value, once it was opened
	list   *List   // the value, once its elements were asked for
}

// NewNode is a value of JSON text; "" is absent.
func NewNode(raw string) Node { return Node{raw: raw} }

// Absent reports whether there is no value.
func (n *Node) Absent() bool { return n.raw == "" && n.object == nil && n.list == nil }

func (n *Node) dirty() bool {
	return n.object != nil && n.object.dirty() || n.list != nil && n.list.changed
}

// String is the JSON text.
func (n *Node) String() string {
	switch {
	case !n.dirty():
		return n.raw
	case n.object != nil:
		return n.object.String()
	}
	texts := make([]string, len(n.list.Elements))
	for i := range texts {
		texts[i] = n.list.Elements[i].String()
	}
	return Array(texts)
}

// Unassigned is Unassigned of the JSON text.
func (n *Node) Unassigned() bool {
	switch {
	case n.object != nil:
		return n.object.live == 0
	case n.list != nil && n.list.changed:
		return len(n.list.Elements) == 0
	}
	return Unassigned(n.raw)
}

// IsObject reports whether the value is an object.
func (n *Node) IsObject() bool { return n.object != nil || IsObject(n.raw) && !n.IsArray() }

// IsArray reports whether the value is an array.
func (n *Node) IsArray() bool {
	return n.list != nil && n.list.changed || n.object == nil && IsArray(n.raw)
}

// Open is the object, to be looked at and changed in place, or nil if the value is not an object.
func (n *Node) Open() *Object {
	if n.object == nil && n.IsObject() {
		n.object, n.list = parseObject(n.raw), nil
	}
	return n.object
}

// Values are the elements, to be looked at and changed in place: see List.Touch.
func (n *Node) Values() *List {
	if n.list == nil {
		*n = Node{raw: n.String(), list: &List{}}
		for e := range Values(n.raw) {
			n.list.Elements = append(n.list.Elements, Element{Node: Node{raw: e}})
		}
	}
	return n.list
}

// Member is a member of the value, or nil.
func (n *Node) Member(name string) *Node {
	if o := n.Open(); o != nil {
		if i := o.find(name); i >= 0 {
			return &o.slots[i].Node
		}
	}
	return nil
}

// Text is the JSON text of a member, or "".
func (n *Node) Text(name string) string {
	if m := n.Member(name); m != nil {
		return m.String()
	}
	return ""
}

// SetMember puts JSON text at a name of an object; "" removes. An absent value becomes an object.
func (n *Node) SetMember(name, raw string) {
	if n.Absent() {
		*n = Node{object: &Object{changed: true}}
	}
	n.Open().set(name, Node{raw: raw})
}

// Merge sets the members of an object, null removes.
func (n *Node) Merge(from string) {
	for m := range Members(from) {
		if m.Raw == "null" {
			m.Raw = ""
		}
		n.SetMember(m.Name, m.Raw)
	}
}

// Primary reports whether the value is marked as the primary one.
func (n *Node) Primary() bool { return n.Text("primary") == "true" }
