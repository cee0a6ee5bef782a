package bulk_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/turns"
	"keycloak-scim-proxy/proxy/writing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a runner on a service in memory, with a log of the calls that it got.
type site struct {
	bulk.Runner
	service protocol.Service
	mu      sync.Mutex
	log     []string
	// fail may refuse a call.
	fail func(protocol.Call) error
}

func newSite() *site {
	able := directorytest.KeycloakCapabilities()
	able.Placements = map[scim.ResourceType]map[string]directory.Placement{scim.User: {}, scim.Group: {}}
	for _, t := range []scim.ResourceType{scim.User, scim.Group} {
		for _, a := range scim.CoreSchemas().Core(t).Attributes {
			able.Placements[t][strings.ToLower(a.Name)] = directory.Native
		}
		able.Placements[t]["members"], able.Placements[t]["groups"] = directory.ServerMade, directory.ServerMade
		able.Placements[t][strings.ToLower(scim.EnterpriseURN+":manager")] = directory.Native
	}
	locks := sync.Map{}
	lock := func(_ context.Context, key string) (func(), error) {
		m, _ := locks.LoadOrStore(key, &sync.Mutex{})
		m.(*sync.Mutex).Lock()
		return m.(*sync.Mutex).Unlock, nil
	}
	s := &site{service: writing.New(directorytest.NewMemory(able), lock, scim.CoreSchemas(), writing.Options{MembersShown: 100})}
	decoder := protocol.Decoder{Schemas: scim.CoreSchemas(), MaxFilter: 1000, DefaultPage: 10, MaxPage: 100}
	s.Runner = bulk.Runner{Service: s, Decode: decoder.Decode, Workers: 8, Pool: turns.New(16), Limits: bulk.Limits{Operations: 100, Payload: 1 << 20, Body: 4000, Depth: 20}}
	return s
}

func (s *site) Do(ctx context.Context, c protocol.Call) (protocol.Answer, error) {
	s.mu.Lock()
	s.log = append(s.log, c.Verb()+" "+name(c))
	fail := s.fail
	s.mu.Unlock()
	if fail != nil {
		if err := fail(c); err != nil {
			return protocol.Answer{}, err
		}
	}
	return s.service.Do(ctx, c)
}

// name returns the id in a call, or a create's userName or displayName.
func name(c protocol.Call) string {
	if create, ok := c.(protocol.Create); ok {
		return document.Text(create.Body.Raw("userName")) + document.Text(create.Body.Raw("displayName"))
	}
	return protocol.Target(c).ID
}

func (s *site) called(verb string) bool {
	return slices.ContainsFunc(s.log, func(l string) bool { return strings.HasPrefix(l, verb+" ") })
}

func (s *site) run(t *testing.T, failOnErrors int, ops ...string) []bulk.Result {
	t.Helper()
	return s.runIn(t, t.Context(), failOnErrors, ops...)
}

func (s *site) runIn(t *testing.T, ctx context.Context, failOnErrors int, ops ...string) []bulk.Result { //nolint:revive // the helper's t comes first
	t.Helper()
	q, err := bulk.Parse([]byte(fmt.Sprintf(`{"schemas":[%q],"failOnErrors":%d,"Operations":[%s]}`, bulk.RequestURN, failOnErrors, strings.Join(ops, ","))), 100)
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Run(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	return out.Results
}

func (s *site) get(t *testing.T, ref scim.Ref) scim.Resource {
	t.Helper()
	a, err := s.service.Do(t.Context(), protocol.Read{Ref: ref})
	if err != nil {
		t.Fatalf("%s: %v", ref.Key(), err)
	}
	return a.Resource
}

func (s *site) total(t *testing.T, rt scim.ResourceType) int {
	t.Helper()
	a, err := s.service.Do(t.Context(), protocol.List{Query: directory.Query{Type: rt, Start: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return a.Page.Total
}

// user is a POST; manager is a bulkId or "".
func user(id, manager string) string {
	data := `"userName":"` + id + `"`
	if manager != "" {
		data += `,"` + scim.EnterpriseURN + `":{"manager":{"value":"bulkId:` + manager + `"}}`
	}
	return `{"method":"POST","path":"/Users","bulkId":"` + id + `","data":{` + data + `}}`
}

func group(id string, members ...string) string {
	es := make([]string, len(members))
	for i, m := range members {
		es[i] = `{"value":"bulkId:` + m + `"}`
	}
	return `{"method":"POST","path":"/Groups","bulkId":"` + id + `","data":{"displayName":"` + id + `","members":` + document.Array(es) + `}}`
}

func on(method, path, data string) string {
	if data != "" {
		data = `,"data":` + data
	}
	return `{"method":"` + method + `","path":"` + path + `"` + data + `}`
}

func retitle(title string) string {
	return `{"schemas":["` + scim.PatchURN + `"],"Operations":[{"op":"replace","path":"title","value":"` + title + `"}]}`
}

// statuses lists the results' statuses with the details of errors.
func statuses(rs []bulk.Result) string {
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = fmt.Sprint(r.Status)
		if r.Err != nil {
			out[i] = fmt.Sprint(scim.Status(r.Err))
		}
	}
	return strings.Join(out, " ")
}

func check(t *testing.T, rs []bulk.Result, want string) {
	t.Helper()
	if got := statuses(rs); got != want {
		t.Fatalf("%s, want %s: %+v", got, want, rs)
	}
}

func detail(r bulk.Result) string { return scim.AsError(r.Err).Detail }

func TestResults(t *testing.T) {
	s := newSite()
	rs := s.run(t, 0,
		group("crew", "a", "b"), // forward
		user("a", ""), user("b", "a"),
		on("PATCH", "Users/bulkId:a", retitle("T")),
		on("PUT", "/Users/bulkId:b", `{"userName":"bb","`+scim.EnterpriseURN+`":{"manager":{"value":"bulkId:a"}}}`),
		on("DELETE", "/Groups/bulkId:crew", ""),
		on("DELETE", "/Users/nobody", ""),
	)
	check(t, rs, "201 201 201 200 200 204 404")
	if s.total(t, scim.Group) != 0 || s.total(t, scim.User) != 2 {
		t.Error("not all was done")
	}
	a, b := s.get(t, rs[1].Ref), s.get(t, rs[2].Ref)
	manager := document.Text(b.Get(scim.MustPath(scim.EnterpriseURN + ":manager.value")))
	if a.Raw("title") != `"T"` || b.Raw("userName") != `"bb"` || manager != a.ID() {
		t.Errorf("%s\n%s", a, b)
	}
	if rs[3].Ref != rs[1].Ref || rs[3].Version != document.Text(a.Get(scim.MustPath("meta.version"))) || rs[3].Version == rs[1].Version {
		t.Errorf("%+v %+v", rs[1], rs[3])
	}
	if rs[0].Method != "POST" || rs[0].BulkID != "crew" || rs[6].Ref.ID != "nobody" {
		t.Errorf("%+v", rs)
	}
}

func TestWhatIsWrongInAnOperationIsItsOwn(t *testing.T) {
	s := newSite()
	deep := strings.Repeat(`[`, 30) + strings.Repeat(`]`, 30)
	bad := []struct{ op, words string }{
		{`5`, "not a JSON object"},
		{`{"method":"POST","METHOD":"POST"}`, "names a member twice"},
		{`{"method":5}`, "method is not a string"},
		{on("GET", "/Users/1", ""), "method is not"},
		{on("post", "/Users", "{}"), "method is not"},
		{`{"path":"/Users/1"}`, "method is not"},
		{on("POST", "/Users", `{"userName":"x"}`), "needs a bulkId"},
		{`{"method":"POST","path":"/Users","bulkId":"","data":{}}`, "needs a bulkId"},
		{on("DELETE", "/Pets/1", ""), "the path"},
		{on("DELETE", "", ""), "the path"},
		{on("DELETE", "/Users/", ""), "the path"},
		{on("DELETE", "/Users/1/2", ""), "the path"},
		{on("DELETE", "/Users/1?x=y", ""), "the path"},
		{on("DELETE", "/Users", ""), "names one resource"},
		{on("PATCH", "/Users/.search", "{}"), "the path"},
		{`{"method":"POST","path":"/Users/1","bulkId":"p","data":{}}`, "of a POST"},
		{`{"method":"POST","path":"/Bulk","bulkId":"n","data":{"Operations":[]}}`, "cannot hold another"},
		{`{"method":"POST","path":"/Users","bulkId":"d"}`, "needs data"},
		{`{"method":"POST","path":"/Users","bulkId":"e","data":{"userName":"e","x":` + deep + `}}`, "nested deeper"},
		{`{"method":"POST","path":"/Users","bulkId":"f","data":{"userName":"f","userName":"g"}}`, "given twice"},
		{`{"method":"POST","path":"/Users","bulkId":"l","data":{"userName":"` + strings.Repeat("l", 4000) + `"}}`, "larger than 4000"},
		{`{"method":"POST","path":"/Users","bulkId":"h","data":{"userName":"h","active":"maybe"}}`, "active"},
		{on("PATCH", "/Users/1", `{"Operations":[]}`), "schemas does not name"},
		{user("twice", ""), "more than one POST"},
		{user("twice", ""), "more than one POST"},
		{user("lost", "nowhere"), "bulkId:nowhere is not"},
		{on("DELETE", "/Users/bulkId:nowhere", ""), "bulkId:nowhere is not"},
		{on("DELETE", "/Groups/bulkId:good", ""), "is a User"},
	}
	ops := []string{user("good", "")}
	for _, b := range bad {
		ops = append(ops, b.op)
	}
	rs := s.run(t, 0, ops...)
	for i, b := range bad {
		e := scim.AsError(rs[i+1].Err)
		if rs[i+1].Err == nil || e.Status != 400 || e.Type == "" || !strings.Contains(e.Detail, b.words) {
			t.Errorf("%s: %+v", b.op, e)
		}
	}
	if rs[0].Err != nil || len(s.log) != 1 {
		t.Errorf("%v %v", rs[0].Err, s.log)
	}
}

func TestEnvelope(t *testing.T) {
	urn := `"schemas":["` + bulk.RequestURN + `"]`
	for body, want := range map[string]int{
		`[]`: 400, `{`: 400, "\xff": 400, `{}`: 400, `{` + urn + `}`: 400, `{` + urn + `,"Operations":{}}`: 400,
		`{"schemas":["urn:x"],"Operations":[]}`:                  400,
		`{` + urn + `,"Operations":[],"operations":[]}`:          400,
		`{` + urn + `,"Operations":[],"failOnErrors":"1"}`:       400,
		`{` + urn + `,"Operations":[],"failOnErrors":-1}`:        400,
		`{` + urn + `,"Operations":[1,2,3]}`:                     413,
		strings.Repeat("[", 1<<20):                               400,
		`{` + urn + `,"Operations":` + strings.Repeat("[", 5000): 400,
	} {
		if _, err := bulk.Parse([]byte(body), 2); err == nil || scim.Status(err) != want {
			t.Errorf("%.60s: %v", body, err)
		}
	}
	q, err := bulk.Parse([]byte(`{"SCHEMAS":["`+strings.ToUpper(bulk.RequestURN)+`"],"operations":[],"FailOnErrors":2}`), 2)
	if err != nil || q.FailOnErrors != 2 {
		t.Errorf("%+v %v", q, err)
	}
}

func TestAFailedOperationFailsItsDependants(t *testing.T) {
	s := newSite()
	s.fail = func(c protocol.Call) error {
		if name(c) == "a" {
			return scim.Uniqueness("taken")
		}
		return nil
	}
	rs := s.run(t, 0, group("g", "b", "c"), user("b", "a"), user("a", ""), user("c", ""), on("DELETE", "Users/bulkId:a", ""), on("PATCH", "Users/bulkId:c", retitle("x")))
	check(t, rs, "409 409 409 201 409 200")
	if !strings.Contains(detail(rs[0]), "bulkId:b") || !strings.Contains(detail(rs[1]), "bulkId:a") || detail(rs[2]) != "taken" || rs[4].Ref.ID != "" {
		t.Errorf("%+v", rs)
	}
	if s.total(t, scim.Group) != 0 {
		t.Error("the group was made")
	}
}

func TestCircles(t *testing.T) {
	s := newSite()
	manager := scim.MustPath(scim.EnterpriseURN + ":manager.value")
	rs := s.run(t, 0, user("self", "self"), user("a", "c"), user("b", "a"), user("c", "b"), group("g", "a", "self"), on("PATCH", "Users/bulkId:a", retitle("T")))
	check(t, rs, "201 201 201 201 201 200")
	for i, boss := range map[int]int{0: 0, 1: 3, 2: 1, 3: 2} {
		r := s.get(t, rs[i].Ref)
		if document.Text(r.Get(manager)) != rs[boss].Ref.ID || i != 1 && rs[i].Version != document.Text(r.Get(scim.MustPath("meta.version"))) {
			t.Errorf("%d: %s %s", i, r, rs[i].Version)
		}
	}
	if s.get(t, rs[1].Ref).Raw("title") != `"T"` {
		t.Error("the PATCH did not come after the circle")
	}
}

func TestACircleIsAllOrNothing(t *testing.T) {
	for verb, refuse := range map[string]func(c protocol.Call) bool{
		"create": func(c protocol.Call) bool { return name(c) == "c" },
		"patch":  func(c protocol.Call) bool { return c.Verb() == "patch" },
	} {
		s := newSite()
		s.fail = func(c protocol.Call) error {
			if refuse(c) {
				return scim.Uniqueness("taken")
			}
			return nil
		}
		rs := s.run(t, 0, user("a", "c"), user("b", "a"), user("c", "b"), user("d", ""), group("g", "b", "d"))
		check(t, rs, "409 409 409 201 409")
		if n := s.total(t, scim.User); n != 1 || !s.called("delete") || rs[0].Ref.ID != "" || rs[0].Version != "" {
			t.Errorf("%s: %d users stay; %v; %+v", verb, n, s.log, rs[0])
		}
	}
	// The error names a resource that cannot be removed.
	s := newSite()
	s.fail = func(c protocol.Call) error {
		if c.Verb() != "create" {
			return scim.Unavailable("Keycloak", nil)
		}
		return nil
	}
	rs := s.run(t, 0, user("a", "b"), user("b", "a"))
	check(t, rs, "503 409")
	for _, r := range rs {
		if r.Ref.ID == "" || !strings.Contains(detail(r), r.Ref.Key()+" was created for it and could not be removed") {
			t.Errorf("%+v", r)
		}
	}
}

// Keycloak does not support the circle of two groups of RFC 7644 section 3.7.1: neither is created.
func TestGroupsInGroups(t *testing.T) {
	s := newSite()
	rs := s.run(t, 0, group("A", "B"), group("B", "A"), group("C", "A"))
	check(t, rs, "400 400 400")
	if len(s.log) != 0 || !strings.Contains(detail(rs[0]), "a group cannot be a member of a group") {
		t.Errorf("%v %v", s.log, rs)
	}
}

func TestFailOnErrorsIsExact(t *testing.T) {
	for n := 1; n <= 6; n++ {
		s := newSite()
		s.fail = func(c protocol.Call) error {
			if strings.HasPrefix(name(c), "bad") {
				return scim.Uniqueness("taken")
			}
			return nil
		}
		var ops []string
		for i := range 12 {
			ops = append(ops, user(fmt.Sprintf("ok%d", i), ""), user(fmt.Sprintf("bad%d", i), ""), on("DELETE", "/Pets/1", ""))
		}
		rs := s.run(t, n, ops...)
		failed := slices.DeleteFunc(slices.Clone(rs), func(r bulk.Result) bool { return r.Err == nil })
		if len(failed) != n {
			t.Errorf("failOnErrors %d: %s", n, statuses(rs))
		}
		if made := s.total(t, scim.User); len(rs)-len(failed) != made {
			t.Errorf("failOnErrors %d: %d made, %s", n, made, statuses(rs))
		}
	}
	s := newSite()
	check(t, s.run(t, 1, user("a", ""), on("DELETE", "/Pets/1", ""), user("b", "")), "201 400")
	check(t, s.run(t, 3, user("x", ""), on("DELETE", "/Pets/1", ""), user("y", "")), "201 400 201")
}

// Independent operations run in parallel, never more than workers and the pool allow; operations on
// one resource run one after the other.
func TestSideBySide(t *testing.T) {
	for _, c := range []struct{ workers, slots, want int }{{4, 16, 4}, {8, 3, 3}, {1, 8, 1}} {
		s := newSite()
		s.Workers, s.Pool = c.workers, turns.New(c.slots)
		var inside, most atomic.Int32
		full := make(chan struct{})
		s.fail = func(protocol.Call) error {
			n := inside.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			if int(n) == c.want {
				select {
				case <-full:
				default:
					close(full)
				}
			}
			<-full // no call returns until so many are running
			inside.Add(-1)
			return nil
		}
		var ops []string
		for i := range 30 {
			ops = append(ops, user(fmt.Sprintf("u%d", i), ""))
		}
		rs := s.run(t, 0, ops...)
		if int(most.Load()) != c.want || s.total(t, scim.User) != 30 {
			t.Errorf("%+v: %d side by side; %s", c, most.Load(), statuses(rs))
		}
	}
}

// Bulk requests of one caller leave places in the pool to those of another. An operation for which
// too many others wait has an error of its own.
func TestCallersShareThePool(t *testing.T) {
	pool := turns.New(4)
	flood, other := newSite(), newSite()
	flood.Pool, flood.Caller, other.Pool, other.Caller = pool, "flood", pool, "other"
	began, end := make(chan struct{}, 20), make(chan struct{})
	flood.fail = func(protocol.Call) error {
		began <- struct{}{}
		<-end
		return nil
	}
	var ops []string
	for i := range 20 {
		ops = append(ops, user(fmt.Sprintf("u%d", i), ""))
	}
	var flooding sync.WaitGroup
	var rs []bulk.Result
	flooding.Go(func() { rs = flood.run(t, 0, ops...) })
	for range 3 {
		<-began
	}
	check(t, other.run(t, 0, user("a", ""), user("b", "")), "201 201")
	close(end)
	flooding.Wait()
	check(t, rs, strings.TrimSpace(strings.Repeat("201 ", 20)))

	ctx, cancel := context.WithCancel(t.Context())
	if err := pool.Acquire(ctx, "many"); err != nil { // so that its calls wait
		t.Fatal(err)
	}
	var waiting sync.WaitGroup
	for range 2 + 1024 {
		waiting.Go(func() { _ = pool.Acquire(ctx, "many") })
	}
	for _, n := pool.State(); n < 1024; _, n = pool.State() {
		runtime.Gosched()
	}
	flood.Caller = "many"
	check(t, flood.run(t, 0, user("late", "")), "503")
	cancel()
	waiting.Wait()
}

func TestOneResourceInOrder(t *testing.T) {
	s := newSite()
	made := s.run(t, 0, user("a", ""))[0].Ref
	var ops []string
	for i := range 20 {
		ops = append(ops, on("PATCH", "/Users/"+made.ID, retitle(fmt.Sprint(i))), on("PATCH", "/Users/bulkId:b", retitle(fmt.Sprint(i))))
	}
	ops = append(ops, user("b", ""), group("g", "b"), on("DELETE", "Users/bulkId:b", ""), on("DELETE", "Users/"+made.ID, ""), on("PATCH", "/Users/"+made.ID, retitle("late")))
	rs := s.run(t, 0, ops...)
	check(t, rs, strings.Repeat("200 ", 40)+"201 201 204 204 404")
	seen := 0
	for i := range rs[:40] {
		if i >= 2 && rs[i].Version == rs[i-2].Version {
			t.Errorf("operation %d: the same version as before", i)
		}
		seen++
	}
	if seen != 40 {
		t.Error(seen)
	}
}

// After a timeout, finished operations have their results, and others have status 503.
func TestDeadline(t *testing.T) {
	s := newSite()
	s.Workers = 2
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.fail = func(c protocol.Call) error {
		if name(c) == "u4" {
			cancel()
		}
		if name(c) > "u4" {
			<-ctx.Done()
		}
		return nil
	}
	var ops []string
	for i := range 10 {
		ops = append(ops, user(fmt.Sprintf("u%d", i), ""))
	}
	rs := s.runIn(t, ctx, 0, ops...)
	done := 0
	for _, r := range rs {
		switch {
		case r.Status == 201:
			s.get(t, r.Ref)
			done++
		case scim.Status(r.Err) != 503 || !strings.Contains(detail(r), "it had no effect"):
			t.Errorf("%+v", r)
		}
	}
	if len(rs) != 10 || done < 4 || done > 6 || s.total(t, scim.User) != done {
		t.Errorf("%d done: %s", done, statuses(rs))
	}
	past, cancelPast := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancelPast()
	check(t, s.runIn(t, past, 1, user("z", ""), on("DELETE", "/Pets/1", "")), "503 503")
}

func TestRulesOfTheDialectFire(t *testing.T) {
	s := newSite()
	d := protocol.Decoder{Schemas: scim.CoreSchemas(), Dialect: protocol.Dialect{Rules: []protocol.Rule{{Name: "shout", Body: func(_ *protocol.Message, body *scim.Object) {
		body.Map(func(name, raw string) (string, string) { return name, strings.ReplaceAll(raw, `"quiet"`, `"LOUD"`) })
	}}}}}
	s.Decode = d.Decode
	q, err := bulk.Parse([]byte(`{"schemas":["`+bulk.RequestURN+`"],"Operations":[`+user("quiet", "")+`,`+user("x", "")+`,`+user("y", "quiet")+`]}`), 5)
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Run(t.Context(), q)
	if err != nil || !slices.Equal(out.Fired, []string{"shout"}) || s.get(t, out.Results[0].Ref).Raw("userName") != `"LOUD"` {
		t.Errorf("%+v", out)
	}
}
