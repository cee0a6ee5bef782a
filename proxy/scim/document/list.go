package document

import "slices"

// List is a JSON array, or one value in place of an array.
type List struct {
	Elements []Element
	changed  bool
	places   places // of the elements; nil if not indexed
}

// Element is a value of a list. It caches the keys by which duplicates are found, because they cost
// a pass over its text.
type Element struct {
	Node
	keys []string
}

// NewElement returns an element of JSON text.
func NewElement(raw string) Element { return Element{Node: Node{raw: raw}} }

// Forget must be called before the value of an element changes.
func (e *Element) Forget() { e.keys = nil }

// Touch must be called after elements have been changed, added or removed.
func (l *List) Touch() { l.changed, l.places = true, nil }

// Drop removes the elements for which gone returns true.
func (l *List) Drop(gone func(Element) bool) {
	l.Elements = slices.DeleteFunc(l.Elements, gone)
	l.Touch()
}

// Index prepares Add. look is called with the number of bytes to read of each element; its error
// ends the work.
func (l *List) Index(look func(bytes int) error) error {
	if l.places != nil {
		return nil
	}
	l.places = places{}
	for i := range l.Elements {
		one, unread := &l.Elements[i], 0
		if one.keys == nil {
			unread = len(one.String())
		}
		if err := look(unread); err != nil {
			return err
		}
		l.places.put(i, one)
	}
	return nil
}

// Add adds a value to an indexed list, or merges it into its duplicate: an equal element, or one
// with the same "value" and "type" (RFC 7643 section 2.4). It returns the position.
func (l *List) Add(value string) int {
	l.changed = true
	one := NewElement(value)
	i, there := l.places.find(&one)
	switch {
	case !there:
		i = len(l.Elements)
		l.Elements = append(l.Elements, one)
		l.places.put(i, &l.Elements[i])
	case IsObject(value): // its value and type stay the same, and its position too
		l.Elements[i].Merge(value)
		l.Elements[i].Forget()
	}
	return i
}

// places finds the duplicate of a value. Comparing all values with each other takes seconds for a
// thousand.
type places map[string]int

func (p places) put(i int, one *Element) {
	for _, k := range one.duplicateKeys() {
		if _, taken := p[k]; !taken {
			p[k] = i
		}
	}
}

func (p places) find(one *Element) (int, bool) {
	for _, k := range one.duplicateKeys() {
		if i, ok := p[k]; ok {
			return i, true
		}
	}
	return 0, false
}

// duplicateKeys returns the keys that duplicates share: the value itself, and its value and type.
func (e *Element) duplicateKeys() []string {
	if e.keys == nil {
		e.keys = []string{Canonical(e.String())}
		if v := e.Text("value"); v != "" {
			e.keys = append(e.keys, "["+Canonical(v)+","+Canonical(e.Text("type"))+"]")
		}
	}
	return e.keys
}
