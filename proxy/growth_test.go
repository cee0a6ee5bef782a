package proxy_test

import (
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

const far = "urn:example:2.0:User"

func repeat(n int, one string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(one, "#", fmt.Sprintf("%06d", i))
	}
	return strings.Join(parts, ",")
}

func put(body string) protocol.Request {
	return protocol.Request{Method: "PUT", Type: scim.User, ID: "1", Body: []byte(body)}
}

func patching(t scim.ResourceType, ops string) protocol.Request {
	return protocol.Request{Method: "PATCH", Type: t, ID: "1", Body: []byte(`{"schemas":["` + scim.PatchURN + `"],"Operations":[` + ops + `]}`)}
}

func asking(name, value string) protocol.Request {
	return protocol.Request{Method: "GET", Type: scim.User, ID: "1", Query: url.Values{name: {value}}}
}

// shapes has the ways to make a request long. before makes the resource large; it is not measured.
var shapes = map[string]struct {
	n             int
	before, shape func(n int) protocol.Request
}{
	"extension, by PATCH": {n: 200, shape: func(n int) protocol.Request {
		return patching(scim.User, `{"op":"replace","path":"`+far+`","value":{`+repeat(n, `"a#":"x"`)+`}}`)
	}},
	"extension, by PATCH without a path": {n: 200, shape: func(n int) protocol.Request {
		return patching(scim.User, `{"op":"add","value":{"`+far+`":{`+repeat(n, `"a#":"x"`)+`}}}`)
	}},
	"enterprise extension, by PATCH": {n: 200, shape: func(n int) protocol.Request {
		return patching(scim.User, `{"op":"replace","path":"`+scim.EnterpriseURN+`","value":{`+repeat(n, `"a#":"x"`)+`}}`)
	}},
	"extension, by PUT": {n: 200, shape: func(n int) protocol.Request {
		return put(`{"userName":"u","` + far + `":{` + repeat(n, `"a#":"x"`) + `}}`)
	}},
	"extension, by POST": {n: 200, shape: func(n int) protocol.Request {
		return protocol.Request{Method: "POST", Type: scim.User, Body: []byte(`{"userName":"u","` + far + `":{` + repeat(n, `"a#":"x"`) + `}}`)}
	}},
	"extensions": {n: 200, shape: func(n int) protocol.Request {
		return put(`{"userName":"u",` + repeat(n, `"urn:example:a#:User":{"a":"x"}`) + `}`)
	}},
	"attributes that nobody knows": {n: 200, shape: func(n int) protocol.Request { return put(`{"userName":"u",` + repeat(n, `"a#":"x"`) + `}`) }},
	"members of an object":         {n: 200, shape: func(n int) protocol.Request { return put(`{"userName":"u","name":{` + repeat(n, `"a#":"x"`) + `}}`) }},
	"names that differ in case only": {n: 4, shape: func(n int) protocol.Request {
		return patching(scim.User, `{"op":"replace","path":"`+far+`","value":{`+caseVariants(n*32)+`}}`)
	}},
	"without a path": {n: 200, shape: func(n int) protocol.Request {
		return patching(scim.User, `{"op":"replace","value":{`+repeat(n, `"`+far+`:a#":"x"`)+`}}`)
	}},
	"operations, each on another attribute of a big user": {n: 100, before: user, shape: func(n int) protocol.Request {
		return patching(scim.User, repeat(n, `{"op":"replace","path":"`+far+`:a#","value":"y"}`))
	}},
	"operations, each removes an attribute of a big user": {n: 100, before: user, shape: func(n int) protocol.Request {
		return patching(scim.User, repeat(n, `{"op":"remove","path":"`+far+`:a#"}`))
	}},
	"operations, each on another part of one attribute": {n: 100, before: user, shape: func(n int) protocol.Request {
		return patching(scim.User, repeat(n, `{"op":"replace","path":"`+far+`:box.b#","value":"y"}`))
	}},
	"operations, each adds a value": {n: 200, shape: func(n int) protocol.Request {
		return patching(scim.User, repeat(n, `{"op":"add","path":"phoneNumbers","value":[{"value":"#@example.com","type":"work"}]}`))
	}},
	"operations, each adds a value, on a big user": {n: 100, before: user, shape: func(n int) protocol.Request {
		return patching(scim.User, repeat(n, `{"op":"add","path":"emails","value":{"value":"#@example.org"}}`))
	}},
	"operations, each adds to the same value": {n: 100, before: addresses, shape: func(n int) protocol.Request {
		return patching(scim.User, repeat(n, `{"op":"add","path":"phoneNumbers","value":{"value":"000001@example.com","b#":"x"}}`))
	}},
	"values that are added": {n: 400, before: addresses, shape: func(n int) protocol.Request {
		return patching(scim.User, `{"op":"add","path":"phoneNumbers","value":[`+repeat(n, `{"value":"#@example.org"}`)+`]}`)
	}},
	"values of a list": {n: 400, shape: addresses},
	"values of a list, none of them": {n: 400, shape: func(n int) protocol.Request {
		return put(`{"userName":"u","emails":[` + repeat(n, `{"value":""}`) + `]}`)
	}},
	"a filter's terms that describe a value": {n: 45, shape: func(n int) protocol.Request {
		return patching(scim.User, `{"op":"add","path":"emails[`+strings.ReplaceAll(repeat(n, `a# eq \"x\"`), ",", " and ")+`].value","value":"x"}`)
	}},
	"excludedAttributes":                 {n: 45, before: user, shape: func(n int) protocol.Request { return asking("excludedAttributes", repeat(n, far+":a#")) }},
	"attributes":                         {n: 45, before: user, shape: func(n int) protocol.Request { return asking("attributes", repeat(n, far+":a#")) }},
	"attributes of the values of a list": {n: 45, before: user, shape: func(n int) protocol.Request { return asking("attributes", repeat(n, "emails.a#")+",emails.value") }},
	"a big user":                         {n: 100, before: user, shape: func(int) protocol.Request { return asking("attributes", "") }},
	"a filter's terms": {n: 45, before: user, shape: func(n int) protocol.Request {
		return protocol.Request{Method: "GET", Type: scim.User, Query: url.Values{"filter": {strings.ReplaceAll(repeat(n, far+`:a# eq "y"`), ",", " or ")}}}
	}},
	"members, by PUT": {n: 400, shape: func(n int) protocol.Request {
		w := put(`{"displayName":"g","members":[` + repeat(n, `{"value":"#"}`) + `]}`)
		w.Type = scim.Group
		return w
	}},
	"members, by PATCH": {n: 400, shape: func(n int) protocol.Request {
		return patching(scim.Group, `{"op":"Add","path":"members","value":[`+repeat(n, `{"value":"#"}`)+`]}`)
	}},
	"members that are removed by value": {n: 400, shape: func(n int) protocol.Request {
		return patching(scim.Group, `{"op":"Remove","path":"members","value":[`+repeat(n, `{"value":"#"}`)+`]}`)
	}},
	"operations on members": {n: 200, shape: func(n int) protocol.Request {
		return patching(scim.Group, repeat(n, `{"op":"remove","path":"members[value eq \"#\"]"}`))
	}},
	"nested arrays": {n: 15, shape: func(n int) protocol.Request {
		return put(`{"userName":"u","roles":` + nested(n, `{"Value":"True"}`) + `}`)
	}},
	"nested arrays in an extension": {n: 15, shape: func(n int) protocol.Request {
		return put(`{"userName":"u","` + far + `":{"a":` + nested(n, `""`) + `}}`)
	}},
	"nested objects": {n: 15, shape: func(n int) protocol.Request {
		return put(`{"userName":"u","` + far + `":{"a":` + strings.Repeat(`{"a":`, n) + `""` + strings.Repeat("}", n) + `}}`)
	}},
	"short values": {n: 2000, shape: func(n int) protocol.Request {
		return put(`{"userName":"u","` + far + `":{"a":[0` + strings.Repeat(",0", n) + `]}}`)
	}},
	"short objects": {n: 800, shape: func(n int) protocol.Request {
		return put(`{"userName":"u","emails":[{"a":0}` + strings.Repeat(`,{"a":0}`, n) + `]}`)
	}},
}

// nested is a list of lists, a hundred times, to measure the cost of an element by its depth.
func nested(n int, inner string) string {
	return "[" + repeat(100, strings.Repeat("[", n-1)+inner+strings.Repeat("]", n-1)) + "]"
}

// user makes a user with n attributes in an extension, n parts of one of them, and n phone numbers.
func user(n int) protocol.Request {
	return put(`{"userName":"u","emails":[` + repeat(n, `{"value":"#@example.com"}`) + `],"` + far + `":{"box":{` + repeat(n, `"b#":"x"`) + `},` + repeat(n, `"a#":"x"`) + `}}`)
}

func addresses(n int) protocol.Request {
	return put(`{"userName":"u","phoneNumbers":[` + repeat(n, `{"value":"#@example.com"}`) + `]}`)
}

// caseVariants makes members whose names are n spellings of one name.
func caseVariants(n int) string {
	parts := make([]string, n)
	for i := range parts {
		name := []byte("abcdefghijkl")
		for bit := range name {
			if i>>bit&1 == 1 {
				name[bit] -= 'a' - 'A'
			}
		}
		parts[i] = `"` + string(name) + `":1`
	}
	return strings.Join(parts, ",")
}

// allocated returns how many bytes a function allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// The cost of a request grows linearly with its size: a request that is four times as long
// allocates less than six times as much. A new way to make a request long needs a line in shapes.
func TestCostsGrowWithTheSize(t *testing.T) {
	_ = newRoute("generic").do(user(1)) // allocations that are made only once
	for name, c := range shapes {
		for _, idp := range adapters.Names() {
			cost := func(n int) uint64 {
				r := newRoute(idp)
				if c.before != nil {
					if err := r.do(c.before(n)); err != nil {
						t.Fatalf("%s, %s: %v", name, idp, err)
					}
				}
				w := c.shape(n)
				var err error
				bytes := allocated(func() { err = r.do(w) })
				if err != nil && idp == "generic" && name != "nested arrays" { // in other dialects some are a PATCH, which is refused
					t.Errorf("%s: not what is meant: %v", name, err)
				}
				return bytes
			}
			small, large := cost(c.n), cost(4*c.n)
			t.Logf("%-55s %-13s %6d KiB %8d KiB: %.1f", name, idp, small>>10, large>>10, float64(large)/float64(small))
			if large >= 6*small {
				t.Errorf("%s, %s: %d KiB for %d, %d KiB for %d: %.1f times", name, idp, small>>10, c.n, large>>10, 4*c.n, float64(large)/float64(small))
			}
		}
	}
}

// A request of the largest size allocates at most a number of times the size of its body. Decode
// and Apply do not check the context, so this also bounds how long they continue after the
// deadline. The longest request is an add of as many values as a body can have, about 170,000 in 8
// MiB: one step per value in each rule and in Apply. Operations that select have another bound
// (maxLooks of scim). The row with 100,000 members detects a search for duplicates that compares
// all with all: it allocates nothing, but the test takes a minute.
func TestCostsAtTheBounds(t *testing.T) {
	const most = 500
	for name, n := range map[string]int{
		"members, by PUT":                   100_000,
		"members that are removed by value": 30_000,
		"operations on members":             10_000,
		"short values":                      scim.MaxValues - 100,
		"short objects":                     scim.MaxValues/2 - 100,
		"values that are added":             30_000,
		"extension, by PATCH":               scim.MaxAttributes,
		"enterprise extension, by PATCH":    scim.MaxAttributes,
		"extensions":                        scim.MaxAttributes - 10,
		"without a path":                    scim.MaxAttributes,
		"operations, each adds a value":     scim.MaxAttributes,
		"nested arrays in an extension":     60,
	} {
		r := newRoute("entra") // the dialect with the most rules
		w := shapes[name].shape(n)
		if before := shapes[name].before; before != nil {
			if err := r.do(before(100)); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		per := float64(allocated(func() { err = r.do(w) })) / float64(len(w.Body))
		t.Logf("%-35s %5d KiB: %.0f times", name, len(w.Body)>>10, per)
		if err != nil || per > most {
			t.Errorf("%s: %v, %.0f times its size", name, err, per)
		}
	}
}
