package shapes

import (
	"maps"
	"strings"
)

// patch returns the updates of a provider that sends PATCH, with its spellings of the operations.
// It sends a title with title, and everything else with replace.
func patch(replace, title string) func([]Change, Object, Object) Request {
	return func(changes []Change, _, _ Object) Request {
		ops := make([]Object, len(changes))
		for i, c := range changes {
			kind := replace
			if c.Path == "title" {
				kind = title
			}
			ops[i] = operation(kind, c.Path, c.Value)
		}
		return patching(ops...)
	}
}

func operation(kind, path string, value any) Object {
	return Object{"op": kind, "path": path, "value": value}
}

func patching(ops ...Object) Request {
	return Request{"PATCH", Object{"schemas": []string{patchOp}, "Operations": ops}}
}

func patchActive(on bool, _, _ Object) Request { return patching(operation("replace", "active", on)) }

func entraActive(on bool, _, _ Object) Request {
	return patching(operation("Replace", "active", map[bool]string{true: "True", false: "False"}[on]))
}

func pathlessActive(on bool, _, _ Object) Request {
	return patching(Object{"op": "replace", "value": Object{"active": on}})
}

// put changes the answer of GET and sends it back, as Okta does.
func put(changes []Change, wanted, shown Object) Request {
	out := maps.Clone(shown)
	for _, c := range changes {
		name := top(wanted, c.Path)
		out[name] = wanted[name]
	}
	out["groups"] = []Object{}
	return Request{"PUT", out}
}

// top is the member of a user that a path is in: an extension or an attribute.
func top(u Object, path string) string {
	longest := ""
	for name := range u {
		if len(name) > len(longest) && strings.HasPrefix(path, name) {
			longest = name
		}
	}
	return longest
}

func putActive(on bool, _, shown Object) Request {
	out := maps.Clone(shown)
	out["active"] = on
	return Request{"PUT", out}
}

func oneLoginUpdate(_ []Change, wanted, _ Object) Request { return Request{"PUT", oneLogin(wanted)} }

func oneLoginActive(on bool, wanted, _ Object) Request {
	out := oneLogin(wanted)
	out["active"] = on
	return Request{"PUT", out}
}
