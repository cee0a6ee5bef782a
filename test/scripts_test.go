package test

import (
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/shim"
)

type worldKey struct{}

// TestScripts runs test/scripts/*.txtar. The commands are described in CONTRIBUTING.md.
func TestScripts(t *testing.T) { runScripts(t) }

func runScripts(t *testing.T, rules ...shim.Rule) {
	kctest.Server(t)
	testscript.Run(t, scripts(func(tb testing.TB) *world { return behind(tb, rules...) }, false, rules...))
}

// A group tenant has the same conversations. What is not the same is behind the condition group:
// callers of the whole realm, Keycloak's own words for a create that it refuses, and lists of
// groups at the top level.
func TestScriptsOfAGroupTenant(t *testing.T) {
	kctest.Server(t)
	testscript.Run(t, scripts(confinedWorld, true))
}

func scripts(open func(testing.TB) *world, grouped bool, rules ...shim.Rule) testscript.Params {
	return testscript.Params{
		Dir: "scripts",
		Condition: func(name string) (bool, error) {
			return slices.Contains(rules, shim.Rule(name)) || name == "group" && grouped, nil
		},
		Setup: func(e *testscript.Env) error {
			tb, _ := e.T().(testing.TB)
			w := open(tb)
			w.tb = tb
			e.Values[worldKey{}] = w
			e.Setenv("PROXY", w.proxy)
			e.Setenv("BASE", w.base())
			e.Setenv("REALM", w.realm.Name)
			e.Setenv("E", scim.EnterpriseURN)
			e.Setenv("EDGE", "")
			e.Setenv("GAP", " ")
			if w.realm.Release() == "26.7.0" { // in name.formatted
				e.Setenv("EDGE", " ")
				e.Setenv("GAP", "  ")
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"as": as, "scim": call, "header": header, "native": native, "admin": admin, "status": status, "match": match, "agrees": agrees,
			"save": save, "error": scimError, "has": has, "send": send, "relax": relax,
		},
	}
}

func of(ts *testscript.TestScript) *world { w, _ := ts.Value(worldKey{}).(*world); return w }

func need(ts *testscript.TestScript, neg bool, ok bool) {
	if neg || !ok {
		ts.Fatalf("usage: see CONTRIBUTING.md")
	}
}

// as tenant|named|dropin|reader|`nobody`|stranger sets the caller of the next requests.
func as(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 1)
	w := of(ts)
	w.who = args[0]
	ts.Setenv("BASE", w.base())
}

// header NAME VALUE adds a header to the next request.
func header(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2)
	of(ts).extraHeaders.Set(args[0], args[1])
}

func body(ts *testscript.TestScript, args []string) string {
	if len(args) < 3 {
		return ""
	}
	return os.Expand(ts.ReadFile(args[2]), ts.Getenv)
}

// scim METHOD PATH [FILE] sends a request to the proxy. Variables in FILE are expanded.
func call(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2 || len(args) == 3)
	w := of(ts)
	h := w.extraHeaders
	w.extraHeaders = http.Header{}
	token := map[string]string{"dropin": w.dropInToken, "reader": w.readerToken, "stranger": "kscim_acme_k1_" + strings.Repeat("0", 49), "nobody": ""}[w.who]
	if w.who == "tenant" || w.who == "named" {
		token = w.tenantToken
	}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	b := body(ts, args)
	if b != "" && h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/scim+json")
	}
	a, err := w.untouched(w.tb, args[0], args[1], func() kctest.Reply { return request(ts, args[0], w.base()+args[1], b, h) })
	ts.Check(err)
	w.last = a
}

// send METHOD URL [FILE] sends a request without credentials.
func send(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2 || len(args) == 3)
	w := of(ts)
	h := w.extraHeaders
	w.extraHeaders = http.Header{}
	w.last = request(ts, args[0], args[1], body(ts, args), h)
}

func request(ts *testscript.TestScript, method, target, body string, h http.Header) kctest.Reply {
	req, err := http.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	ts.Check(err)
	req.Header = h
	client := http.Client{Timeout: 2 * time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	ts.Check(err)
	ts.Logf("%s %s -> %d %s", method, target, res.StatusCode, b[:min(len(b), 1500)])
	return kctest.Reply{Status: res.StatusCode, Header: res.Header, Body: b}
}

// native METHOD PATH [FILE] sends a request to Keycloak's own SCIM API.
func native(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2 || len(args) == 3)
	w := of(ts)
	w.last = w.realm.SCIM(w.dropInToken, args[0], args[1], body(ts, args))
	ts.Logf("native %s %s -> %d %s", args[0], args[1], w.last.Status, w.last.Body)
}

// admin METHOD PATH [FILE] sends a request to the realm's Admin REST API, as an administrator.
func admin(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2 || len(args) == 3)
	w := of(ts)
	w.last = w.realm.Admin(args[0], args[1], body(ts, args))
	w.adopt(w.last)
	ts.Logf("admin %s %s -> %d %s", args[0], args[1], w.last.Status, w.last.Body)
}

// adopt puts the users that an administrator has just made into the group of the tenant, if it has
// one.
func (w *world) adopt(made kctest.Reply) {
	if w.group == nil {
		return
	}
	var ids []string
	if _, id, ok := strings.Cut(made.Header.Get("Location"), "/users/"); ok {
		ids = append(ids, id)
	}
	for _, r := range gjson.GetBytes(made.Body, `results.#(resourceType=="USER")#.id`).Array() {
		ids = append(ids, r.String())
	}
	for _, id := range ids {
		w.realm.Admin("PUT", "/users/"+id+"/groups/"+w.group.Group, "{}")
	}
}

// relax makes every attribute of the realm's user profile optional.
func relax(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 0)
	of(ts).realm.Relax()
}

// status N: of the last answer.
func status(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 1)
	if got := of(ts).last; strconv.Itoa(got.Status) != args[0] {
		ts.Fatalf("status %d, want %s: %s", got.Status, args[0], got.Body)
	}
}

// error N [SCIMTYPE] checks that the last answer is an error of that status and type (RFC 7644
// section 3.12) and shows no internals.
func scimError(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 1 || len(args) == 2)
	status(ts, false, args[:1])
	doc := gjson.ParseBytes(of(ts).last.Body)
	want := strings.Join(args[1:], "")
	if doc.Get("schemas.0").String() != scim.ErrorURN || doc.Get("status").Raw != `"`+args[0]+`"` || doc.Get("scimType").String() != want || doc.Get("detail").String() == "" {
		ts.Fatalf("not the error %v: %s", args, doc.Raw)
	}
	if leak := regexp.MustCompile(`(?i)localhost|127\.0\.0\.1|dial |goroutine|\.go:|Bearer [a-z0-9._-]{20}|org\.keycloak|java\.`).FindString(doc.Raw); leak != "" {
		ts.Fatalf("the error shows internals (%s): %s", leak, doc.Raw)
	}
}

// match PATH VALUE compares the JSON at a gjson path of the last answer. "! match PATH" checks
// that there is nothing at the path.
func match(ts *testscript.TestScript, neg bool, args []string) {
	got := gjson.GetBytes(of(ts).last.Body, args[0])
	if neg {
		if got.Exists() {
			ts.Fatalf("%s is %s", args[0], got.Raw)
		}
		return
	}
	need(ts, neg, len(args) == 2)
	if !document.Same(got.Raw, args[1]) {
		ts.Fatalf("%s is %s, want %s", args[0], got.Raw, args[1])
	}
}

// agrees FILE [PATH] checks that the last answer, or the JSON at a path of it, has every
// attribute of FILE with the same value.
func agrees(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 1 || len(args) == 2)
	w := of(ts)
	raw := string(w.last.Body)
	if len(args) == 2 {
		raw = gjson.Get(raw, args[1]).Raw
	}
	got, err := scim.ParseResource([]byte(raw))
	ts.Check(err)
	want, err := scim.ParseResource([]byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)))
	ts.Check(err)
	for l := range want.Leaves() {
		if have := got.Get(l.Path); !document.Same(have, l.Raw) && l.Path.Name != "password" && l.Path.Name != "schemas" {
			ts.Fatalf("%s is %s, want %s, in %s", l.Path, have, l.Raw, raw)
		}
	}
}

// save NAME PATH stores the text at a path of the last answer in a variable. save NAME @HEADER
// stores a header.
func save(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, len(args) == 2)
	w := of(ts)
	if name, ok := strings.CutPrefix(args[1], "@"); ok {
		ts.Setenv(args[0], w.last.Header.Get(name))
		return
	}
	ts.Setenv(args[0], gjson.GetBytes(w.last.Body, args[1]).String())
}

// has HEADER VALUE checks a header of the last answer. "! has TEXT" checks that the body does not
// contain a text.
func has(ts *testscript.TestScript, neg bool, args []string) {
	last := of(ts).last
	if neg {
		if strings.Contains(string(last.Body), args[0]) {
			ts.Fatalf("the body contains %q: %s", args[0], last.Body)
		}
		return
	}
	need(ts, neg, len(args) == 2)
	if got := last.Header.Get(args[0]); got != args[1] {
		ts.Fatalf("%s is %q, want %q", args[0], got, args[1])
	}
}
