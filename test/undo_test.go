package test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/undo"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

// mapped is an attribute of the user profile that SCIM shows.
func mapped(name, scimName string) string {
	return `{"name":"` + name + `","displayName":"` + name + `","permissions":{"view":["admin"],"edit":["admin"]},"annotations":{"kc.scim.schema.attribute":"` + scimName + `"}}`
}

const acmeURN = "urn:example:params:scim:schemas:extension:acme:2.0:User"

// churn sends random calls of a provider.
type churn struct {
	t      *testing.T
	w      *world
	p      *proxy.Proxy
	rnd    *rand.Rand
	users  []string
	groups []string
	fixed  map[string]bool // groups that are not deleted: they could not come back
	serial int
	failed map[int]int
	sent   int
	made   []string // paths of all resources that were created
}

// churned starts a proxy of a tenant of the whole realm, or of a group.
func churned(t *testing.T, group bool, seed uint64) *churn {
	t.Helper()
	return churnedBy(t, group, "park", seed)
}

// churnedBy is churned with a mode of DELETEs.
func churnedBy(t *testing.T, group bool, onDelete string, seed uint64) *churn {
	t.Helper()
	var w *world
	if group {
		w, _ = plannedConfined(t)
	} else {
		r := kctest.NewRealm(t)
		w = plannedWorld(t, r, r.Server.URL)
	}
	w.realm.Map(mapped("title", "title"), mapped("middle", "name.middleName"))
	w.cfg.Tenants[0].OnDelete = onDelete
	w.tb = t
	p, url, stop := proxytest.StartProxy(t, w.cfg, zap.NewNop())
	t.Cleanup(stop)
	w.proxy = url
	return &churn{t: t, w: w, p: p, rnd: rand.New(rand.NewPCG(seed, 1)), fixed: map[string]bool{}, failed: map[int]int{}}
}

func (c *churn) place() operating.Place {
	c.t.Helper()
	place, err := c.p.Place(c.t.Context(), "acme", "tester")
	if err != nil {
		c.t.Fatal(err)
	}
	return place
}

// do sends a call, which may be refused.
func (c *churn) do(method, path, body string) (status int, answer string) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.w.base()+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + c.w.tenantToken}, "Content-Type": {"application/scim+json"}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if method != "GET" {
		c.sent++
		c.failed[res.StatusCode]++
		if res.StatusCode >= 500 && !strings.Contains(string(b), "no free group") {
			c.t.Errorf("%s %s %s: %d %s", method, path, body, res.StatusCode, b)
		}
	}
	return res.StatusCode, string(b)
}

func pick[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

func (c *churn) name() string {
	c.serial++
	return fmt.Sprintf("%s%d", pick(c.rnd, "ada", "Bob", "çelik", "O.Neil"), c.serial)
}

// text is a JSON text, also in a spelling that no encoder writes.
func (c *churn) text() string {
	return pick(c.rnd, `"plain"`, `"<b> & \u003ci\u003e"`, `"\u0041\u00e9 é"`, `"a\/b"`, `"tab\tand \"quotes\""`, `"  blanks  "`, `"ünï ✓"`, fmt.Sprintf(`"n%d"`, c.rnd.IntN(1000)))
}

func (c *churn) kept() string {
	return pick(c.rnd, `[ {"value" : "+1 <2>", "type":"work"} ,{"value":"\u002b3","type":"home"}]`, `[{"type":"fax","value":"9"}]`, `[{"value":"1"},  {"value":"2"}]`)
}

func (c *churn) userBody(name string) string {
	parts := []string{
		`"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","` + acmeURN + `"]`, `"userName":"` + name + `"`,
		`"name":{"givenName":` + pick(c.rnd, `"Ada"`, `"Bo\u0062"`, `" Cy "`) + `,"familyName":` + pick(c.rnd, `"Love"`, `"Hop-er"`) + pick(c.rnd, ``, `,"middleName":`+c.text(), `,"formatted":"As asked"`) + `}`,
		`"emails":` + pick(c.rnd, `[{"value":"`+fmt.Sprintf("y%d", c.serial)+`@example.com","type":"work","primary":true}]`, `[{"value":"`+fmt.Sprintf("x%d", c.serial)+`@example.com","primary":true},{"value":"other@example.com", "type":"home"}]`),
		`"active":` + pick(c.rnd, "true", "true", "false"),
	}
	for _, more := range []string{`"title":"T` + fmt.Sprint(c.rnd.IntN(9)) + `"`, `"nickName":` + c.text(), `"phoneNumbers":` + c.kept(), `"externalId":"e` + fmt.Sprint(c.serial) + `"`, `"` + acmeURN + `":{"badge":` + c.text() + `, "floors":[1, 2,3 ]}`, `"displayName":` + c.text()} {
		if c.rnd.IntN(2) == 0 {
			parts = append(parts, more)
		}
	}
	c.rnd.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return "{" + strings.Join(parts, ", ") + "}"
}

func patch(ops ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(ops, ",") + `]}`
}

func (c *churn) userOp() string {
	return pick(c.rnd,
		`{"op":"replace","path":"nickName","value":`+c.text()+`}`, `{"op":"remove","path":"nickName"}`,
		`{"op":"replace","path":"name.givenName","value":"G`+fmt.Sprint(c.rnd.IntN(99))+`"}`,
		`{"op":"replace","path":"name.formatted","value":"F`+fmt.Sprint(c.rnd.IntN(9))+`"}`, `{"op":"remove","path":"name.formatted"}`,
		`{"op":"replace","path":"active","value":false}`, `{"op":"replace","path":"active","value":true}`,
		`{"op":"replace","path":"phoneNumbers","value":`+c.kept()+`}`, `{"op":"remove","path":"phoneNumbers"}`,
		`{"op":"replace","path":"title","value":"Dr `+fmt.Sprint(c.rnd.IntN(9))+`"}`, `{"op":"remove","path":"title"}`,
		`{"op":"replace","path":"userName","value":"`+c.name()+`"}`,
		`{"op":"replace","path":"emails","value":[{"value":"m`+fmt.Sprint(c.rnd.IntN(9999))+`@example.com","type":"work","primary":true}]}`,
		`{"op":"add","path":"`+acmeURN+`:floors","value":[`+fmt.Sprint(c.rnd.IntN(99))+`]}`, `{"op":"remove","path":"`+acmeURN+`:badge"}`,
		`{"op":"replace","path":"externalId","value":"x`+fmt.Sprint(c.rnd.IntN(9999))+`"}`)
}

func (c *churn) some(n int) string {
	var es []string
	for range n {
		es = append(es, `{"value":"`+pick(c.rnd, c.users...)+`"}`)
	}
	return "[" + strings.Join(es, ",") + "]"
}

func (c *churn) groupOp() string {
	return pick(c.rnd,
		`{"op":"add","path":"members","value":`+c.some(1+c.rnd.IntN(3))+`}`, `{"op":"add","path":"members","value":`+c.some(1)+`}`,
		`{"op":"remove","path":"members[value eq \"`+pick(c.rnd, c.users...)+`\"]"}`,
		`{"op":"replace","path":"members","value":`+c.some(c.rnd.IntN(4))+`}`,
		`{"op":"replace","path":"displayName","value":"`+c.name()+`"}`, `{"op":"replace","path":"externalId","value":`+c.text()+`}`)
}

// call sends one random call.
func (c *churn) call() {
	switch n := c.rnd.IntN(100); {
	case n < 12 || len(c.users) < 3:
		if status, a := c.do("POST", "/Users", c.userBody(c.name())); status == 201 {
			c.users = append(c.users, gjson.Get(a, "id").String())
			c.made = append(c.made, "/Users/"+c.users[len(c.users)-1])
		}
	case n < 45:
		ops := []string{c.userOp()}
		if c.rnd.IntN(2) == 0 {
			ops = append(ops, c.userOp())
		}
		c.do("PATCH", "/Users/"+pick(c.rnd, c.users...), patch(ops...))
	case n < 55:
		c.do("PUT", "/Users/"+pick(c.rnd, c.users...), c.userBody(c.name()))
	case n < 62:
		id := pick(c.rnd, c.users...)
		c.do("DELETE", "/Users/"+id, "")
		if c.rnd.IntN(3) > 0 { // sometimes it is named again
			c.users = slices.DeleteFunc(c.users, func(one string) bool { return one == id })
		}
	case n < 66 || len(c.groups) == 0:
		if status, a := c.do("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"`+c.name()+`","members":`+c.some(c.rnd.IntN(3))+`}`); status == 201 {
			c.groups = append(c.groups, gjson.Get(a, "id").String())
			c.made = append(c.made, "/Groups/"+c.groups[len(c.groups)-1])
		}
	case n < 90:
		c.do("PATCH", "/Groups/"+pick(c.rnd, c.groups...), patch(c.groupOp()))
	case n < 96:
		c.do("PUT", "/Groups/"+pick(c.rnd, c.groups...), `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"`+c.name()+`","externalId":`+c.text()+`,"members":`+c.some(c.rnd.IntN(4))+`}`)
	default:
		if id := pick(c.rnd, c.groups...); !c.fixed[id] {
			c.do("DELETE", "/Groups/"+id, "")
		}
	}
}

// seen are the answers to GET of all resources that were ever created.
func (c *churn) seen() map[string]string {
	out := map[string]string{}
	for _, path := range c.made {
		if status, a := c.do("GET", path, ""); status == 200 {
			out[path] = a
		}
	}
	return out
}

// undone undoes what a selection says, and returns the plan.
func (c *churn) undone(s undo.Selection) (undo.Planned, undo.Result) {
	c.t.Helper()
	place := c.place()
	plan, err := undo.Plan(c.t.Context(), place, s)
	if err != nil {
		c.t.Fatal(err)
	}
	calls, _ := place.Request("undo", "")
	result, err := undo.Do(c.t.Context(), plan, calls, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return plan, result
}

// TestUndoSince is the property: an undo of everything since a time gives back every resource that
// was not touched meanwhile, byte for byte in GET.
func TestUndoSince(t *testing.T) {
	for _, group := range []bool{false, true} {
		t.Run(fmt.Sprintf("group=%t", group), func(t *testing.T) {
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			c := churned(t, group, seed)
			for range 60 {
				c.call()
			}
			for _, id := range c.groups {
				c.fixed[id] = true
			}
			before := c.seen()
			since := time.Now()
			for range map[bool]int{false: 200, true: 100}[group] { // a query of a group tenant takes long
				c.call()
			}
			touched := c.touch(before)
			plan, result := c.undone(undo.Selection{Since: since})
			after := c.seen()
			t.Logf("%d calls, answers %v; %d entries, %d rows, left %d, then %d", c.sent, c.failed, plan.Entries, len(plan.Rows), len(plan.Rows)-plan.Changes(), len(result.Left))
			named := map[string]bool{}
			for _, row := range append(slices.Clone(plan.Rows), result.Left...) {
				if row.Action == undo.Leave {
					named[row.ID] = true
					if !touched[row.ID] {
						t.Errorf("left alone without a reason: %+v", row)
					}
				}
			}
			for id := range touched {
				if !named[id] {
					t.Errorf("%s was changed meanwhile and is not named", id)
				}
			}
			for path, want := range before {
				if touched[path[strings.LastIndex(path, "/")+1:]] {
					continue
				}
				if got := after[path]; got != want {
					t.Errorf("%s\n%s", path, cmp.Diff(want, got))
				}
			}
			for path, got := range after {
				if _, was := before[path]; !was && !touched[path[strings.LastIndex(path, "/")+1:]] {
					t.Errorf("%s exists: %s", path, got)
				}
			}
		})
	}
}

// touch changes some users beside the proxy, whose changes an undo must leave alone. They have had
// a call that changes the same attribute.
func (c *churn) touch(before map[string]string) map[string]bool {
	touched := map[string]bool{}
	for path := range before {
		id := path[strings.LastIndex(path, "/")+1:]
		if !strings.HasPrefix(path, "/Users/") || len(touched) == 3 {
			continue
		}
		status, _ := c.do("PATCH", path, patch(`{"op":"replace","path":"name.familyName","value":"By the provider"}`))
		if status != 200 {
			continue
		}
		if a := c.w.realm.Admin("PUT", "/users/"+id, `{"lastName":"By the console"}`); a.Status != 204 {
			c.t.Fatal(a.Status, string(a.Body))
		}
		touched[id] = true
	}
	return touched
}
