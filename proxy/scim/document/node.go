package document

import "strings"

// Node is a JSON value. It is parsed only as deep as needed. The zero Node is absent.
type Node struct {
	raw    string
	object *Object // the value after Open
	list   *List   // the value after Values
}

// NewNode returns a value of JSON text; "" is absent.
func NewNode(raw string) Node { return Node{raw: raw} }

// Absent reports whether there is no value.
func (n *Node) Absent() bool { return n.raw == "" && n.object == nil && n.list == nil }

func (n *Node) dirty() bool {
	return n.object != nil && n.object.dirty() || n.list != nil && n.list.changed
}

// String returns the JSON text.
func (n *Node) String() string {
	switch {
	case !n.dirty():
		return n.raw
	case n.object != nil:
		return n.object.String()
	}
	var b strings.Builder
	b.Grow(n.size())
	n.write(&b)
	return b.String()
}

// size returns the length of the JSON text.
func (n *Node) size() int {
	switch {
	case !n.dirty():
		return len(n.raw)
	case n.object != nil:
		return sizeOf(n.object.slots)
	}
	size := 1 + max(1, len(n.list.Elements))
	for i := range n.list.Elements {
		size += n.list.Elements[i].size()
	}
	return size
}

// write writes the JSON text.
func (n *Node) write(b *strings.Builder) {
	switch {
	case !n.dirty():
		b.WriteString(n.raw)
	case n.object != nil:
		n.object.Write(b)
	default:
		b.WriteByte('[')
		for i := range n.list.Elements {
			if i > 0 {
				b.WriteByte(',')
			}
			n.list.Elements[i].write(b)
		}
		b.WriteByte(']')
	}
}

// shortText is the length of objects that are edited as text, which is cheaper than parsing them.
const shortText = 512

// short reports whether the value is such an object.
func (n *Node) short() bool {
	return n.object == nil && n.list == nil && len(n.raw) <= shortText && IsObject(n.raw)
}

// isText reports whether the value is there and not parsed.
func (n *Node) isText() bool { return n.raw != "" && n.object == nil && n.list == nil }

// Unassigned reports whether the value is unassigned, see the function Unassigned.
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

// Open returns the object, which can be changed in place, or nil if the value is not an object.
func (n *Node) Open() *Object {
	if n.object == nil && n.IsObject() {
		n.object, n.list = parseObject(n.raw), nil
	}
	return n.object
}

// Values returns the elements, which can be changed in place (see List.Touch).
func (n *Node) Values() *List {
	if n.list == nil {
		*n = Node{raw: n.String(), list: &List{}}
		for e := range Values(n.raw) {
			n.list.Elements = append(n.list.Elements, Element{Node: Node{raw: e}})
		}
	}
	return n.list
}

// Member returns a member of the value, or nil.
func (n *Node) Member(name string) *Node {
	if o := n.Open(); o != nil {
		if i := o.find(name); i >= 0 {
			return &o.slots[i].Node
		}
	}
	return nil
}

// Text returns the JSON text of a member, or "".
func (n *Node) Text(name string) string {
	if m := n.Member(name); m != nil {
		return m.String()
	}
	return ""
}

// SetMember sets a member to JSON text; "" removes it. An absent value becomes an object.
func (n *Node) SetMember(name, raw string) {
	if n.Absent() {
		*n = Node{object: &Object{changed: true}}
	}
	n.Open().set(name, Node{raw: raw})
}

// Merge sets the members of an object; null removes one.
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
