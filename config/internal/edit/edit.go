package edit

import (
	"errors"
	"reflect"

	"github.com/goccy/go-yaml"
)

// ErrForm means that the text has a form in which the change cannot be made safely.
var ErrForm = errors.New("the file is written in a form that this program cannot change: change it by hand")

// Put sets a key of the text's mapping to a value, which is YAML in flow style on one line. A value
// that is there is replaced, with the comments inside it. A new key is written at the end.
func Put(text []byte, key, value string) ([]byte, error) {
	return checked(text, func(s *source) bool { return s.put(s.root, key, value) }, func(root map[string]any) bool {
		return put(root, key, value)
	})
}

// Drop removes a key of the text's mapping. It changes nothing if the key is absent.
func Drop(text []byte, key string) ([]byte, error) {
	return checked(text, func(s *source) bool { return s.drop(s.root, key) }, func(root map[string]any) bool {
		delete(root, key)
		return true
	})
}

// Append adds an element, which is YAML in flow style on one line, to the list under a key. If the
// key is absent, it is written with this one element.
func Append(text []byte, key, element string) ([]byte, error) {
	return checked(text, func(s *source) bool { return s.appendTo(key, element) }, func(root map[string]any) bool {
		var e any
		list, ok := root[key].([]any)
		if _, there := root[key]; there && !ok || yaml.Unmarshal([]byte(element), &e) != nil {
			return false
		}
		root[key] = append(list, e)
		return true
	})
}

// Remove removes the element at an index from the list under a key. The list may become empty; its
// key stays.
func Remove(text []byte, key string, index int) ([]byte, error) {
	return checked(text, func(s *source) bool { return s.removeFrom(key, index) }, func(root map[string]any) bool {
		list, ok := root[key].([]any)
		if !ok || index >= len(list) {
			return false
		}
		root[key] = append(list[:index:index], list[index+1:]...)
		return true
	})
}

// PutIn sets a key of a mapping, which is the element at an index of the list under a key.
func PutIn(text []byte, list string, index int, key, value string) ([]byte, error) {
	return inElement(text, list, index, func(s *source) bool { return s.put(s.element(list, index), key, value) },
		func(m map[string]any) bool { return put(m, key, value) })
}

// DropIn removes a key of a mapping, which is the element at an index of the list under a key.
func DropIn(text []byte, list string, index int, key string) ([]byte, error) {
	return inElement(text, list, index, func(s *source) bool { return s.drop(s.element(list, index), key) },
		func(m map[string]any) bool {
			delete(m, key)
			return true
		})
}

func inElement(text []byte, list string, index int, splice func(*source) bool, change func(map[string]any) bool) ([]byte, error) {
	return checked(text, splice, func(root map[string]any) bool {
		elements, ok := root[list].([]any)
		if !ok || index >= len(elements) {
			return false
		}
		m, ok := elements[index].(map[string]any)
		return ok && change(m)
	})
}

func put(m map[string]any, key, value string) bool {
	var v any
	if yaml.Unmarshal([]byte(value), &v) != nil {
		return false
	}
	m[key] = v
	return true
}

// checked changes the text and the values that it has, and compares them.
func checked(text []byte, splice func(*source) bool, change func(map[string]any) bool) ([]byte, error) {
	var want, got map[string]any
	s, ok := parse(text)
	if !ok || yaml.Unmarshal(text, &want) != nil || want == nil || !change(want) || !splice(s) {
		return nil, ErrForm
	}
	if out := s.text; yaml.Unmarshal(out, &got) == nil && reflect.DeepEqual(want, got) {
		return out, nil
	}
	return nil, ErrForm
}
