package adapters_test

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

// The cost of the rules grows linearly: a body that is four times as large allocates about four
// times as much.
func TestRulesAreLinear(t *testing.T) {
	repeat := func(n int, one string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = fmt.Sprintf(one, i)
		}
		return strings.Join(parts, ",")
	}
	for name, c := range map[string]struct {
		method string
		group  bool
		body   func(n int) string
	}{
		"members in a value": {"PATCH", true, func(n int) string {
			return patch(`[{"op":"Remove","path":"members","value":[` + repeat(n, `{"$ref":null,"value":"%036d"}`) + `]}]`)
		}},
		"operations": {"PATCH", true, func(n int) string {
			return patch(`[` + repeat(n, `{"op":"Remove","path":"members[value eq \"%036d\"]"}`) + `]`)
		}},
		"keys":        {"PATCH", false, func(n int) string { return patch(`[{"op":"add","value":{` + repeat(n, `"k%d":""`) + `}}]`) }},
		"body":        {"PUT", false, func(n int) string { return `{"userName":"a",` + repeat(n, `"k%d":"True"`) + `}` }},
		"dotted keys": {"PUT", false, func(n int) string { return `{"userName":"a",` + repeat(n, `"urn:x%d:2.0:User.a":"True"`) + `}` }},
		"lists of one": {"PUT", false, func(n int) string {
			return `{"userName":"a","emails":[` + repeat(n, `{"value":[{"value":"%d"}]}`) + `]}`
		}},
		"core object": {"PUT", false, func(n int) string {
			return `{"urn:ietf:params:scim:schemas:core:2.0:User":{` + repeat(n, `"k%d":1`) + `}}`
		}},
		"list": {"PUT", false, func(n int) string {
			return `{"userName":"a","Emails":[` + repeat(n, `{"Value":"%d@example.com"}`) + `]}`
		}},
	} {
		for _, idp := range adapters.Names() {
			cost := func(n int) uint64 {
				w := protocol.Request{Method: c.method, Type: scim.User, ID: "1", Body: []byte(c.body(n)), Query: url.Values{}}
				if c.group {
					w.Type = scim.Group
				}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				through(idp, w)
				runtime.ReadMemStats(&after)
				return after.TotalAlloc - before.TotalAlloc
			}
			cost(100) // allocations that are made only once
			if small, large := cost(500), cost(2000); large > 8*small {
				t.Errorf("%s, %s: 500 allocate %d KiB, 2000 allocate %d KiB", idp, name, small>>10, large>>10)
			}
		}
	}
}
