package document

import "slices"

// List is a JSON array, or one value in the place of an array.
type List struct {
	Elements []Element
	changed  bool
	places   places // of the elements; nil if they are not known
}

// Element is one value of a list. It keeps what makes another value its repetition, because that
// costs a pass over its text.
type Element struct {
	Node
	sameness []string
}

// NewElement is an element of JSON text.
func NewElement(raw string) Element { return Element{Node: Node{raw: raw}} }

// Forget is called before the value of an element is changed.
func (e *Element) Forget() { e.sameness = nil }

// Touch is called when elements were changed, added or removed.
func (l *List) Touch() { l.changed, l.places = true, nil }

// Drop removes elements.
func (l *List) Drop(gone func(Element) bool) {
	l.Elements = slices.DeleteFunc(l.Elements, gone)
	l.Touch()
}

// Index prepares Add. look gets the number of bytes that are read of each element, and its error
// ends the work.
func (l *List) Index(look func(bytes int) error) error {
	if l.places != nil {
		return nil
	}
	l.places = places{}
	for i := range l.Elements {
		one, unread := &l.Elements[i], 0
		if one.sameness == nil {
			unread = len(one.String())
		}
		if err := look(unread); err != nil {
			return err
		}
		l.places.put(i, one)
	}
	return nil
}

// Add adds a value to an indexed list, or merges it into the element that it repeats: an equal one,
// or one with the same "value" and "type" (RFC 7643 section 2.4). It returns the position.
func (l *List) Add(value string) int {
	l.changed = true
	one := NewElement(value)
	i, there := l.places.find(&one)
	switch {
	case !there:
		i = len(l.Elements)
		l.Elements = append(l.Elements, one)
		l.places.put(i, &l.Elements[i])
	case IsObject(value): // its value and type stay the same, so it stays in its place
		l.Elements[i].Merge(value)
		l.Elements[i].Forget()
	}
	return i
}

// places finds the element that a value would repeat. It is an index because comparing all with all
// takes seconds for a thousand values.
type places map[string]int

func (p places) put(i int, one *Element) {
	for _, k := range one.same() {
		if _, taken := p[k]; !taken {
			p[k] = i
		}
	}
}

func (p places) find(one *Element) (int, bool) {
	for _, k := range one.same() {
		if i, ok := p[k]; ok {
			return i, true
		}
	}
	return 0, false
}

// same is what makes a value a repetition: itself, or its value and type.
func (e *Element) same() []string {
	if e.sameness == nil {
		e.sameness = []string{Canonical(e.String())}
		if v := e.Text("value"); v != "" {
			e.sameness = append(e.sameness, "["+Canonical(v)+","+Canonical(e.Text("type"))+"]")
		}
	}
	return e.sameness
}
