package security

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// A create that Keycloak refused leaves no pending create behind. So a later create does not take
// over a group of the same name that was created meanwhile, and does not delete it when it is
// refused itself.
func TestRefusedCreateLeavesOthersGroupsAlone(t *testing.T) {
	w := newWorld(t)
	unknown := `{"schemas":["` + scim.GroupURN + `"],"displayName":"crew","members":[{"value":"00000000-0000-0000-0000-000000000000"}]}`
	if a := w.send("acme", "POST", "/Groups", unknown); a.Status < 400 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	made := w.realm.Admin("POST", "/groups", `{"name":"crew"}`)
	location := made.Header.Get("Location")
	id := location[strings.LastIndexByte(location, '/')+1:]
	for _, body := range []string{
		unknown,
		`{"schemas":["` + scim.GroupURN + `"],"displayName":"crew","userName":"z"}`,
	} {
		if a := w.send("acme", "POST", "/Groups", body); a.Status < 400 {
			t.Errorf("taken over: %d %s", a.Status, a.Body)
		}
		if a := w.realm.Admin("GET", "/groups/"+id, ""); a.Status != 200 {
			t.Fatalf("the group is gone: %d", a.Status)
		}
	}
}

// Of concurrent creates of one userName one gets 201 and the others 409, and the acknowledged
// user exists.
func TestSimultaneousCreates(t *testing.T) {
	w := newWorld(t)
	for i := range 20 {
		name := fmt.Sprintf("u%02d", i)
		var mu sync.Mutex
		count, id := map[int]int{}, ""
		var all sync.WaitGroup
		for who := range 3 {
			all.Go(func() {
				a := w.send("acme", "POST", "/Users", document.Must(user(name)).With("displayName", fmt.Sprintf(`"%d"`, who)).String())
				mu.Lock()
				defer mu.Unlock()
				if count[a.Status]++; a.Status == 201 {
					id = gjson.GetBytes(a.Body, "id").String()
				}
			})
		}
		all.Wait()
		if count[201] != 1 || count[409] != 2 {
			t.Errorf("%s: %v", name, count)
		}
		if a := w.send("acme", "GET", "/Users/"+id, ""); gjson.GetBytes(a.Body, "title").String() != "T "+name {
			t.Errorf("%s: the acknowledged user: %d %s", name, a.Status, a.Body)
		}
	}
}

// The limit applies to the size of the record, not of the request: here the record repeats a long
// name for each attribute.
func TestKeptThroughLongNames(t *testing.T) {
	w := newWorld(t)
	id := w.make("acme", "/Users", user("ada"))
	before := w.records()
	var attributes []string
	for i := range 900 {
		attributes = append(attributes, fmt.Sprintf(`"a%d":1`, i))
	}
	extension := `"urn:x:` + strings.Repeat("u", 10_000) + `":{` + strings.Join(attributes, ",") + `}`
	for method, body := range map[string]string{
		"PATCH": patch(`{"op":"add","value":{` + extension + `}}`),
		"PUT":   strings.TrimSuffix(user("ada"), "}") + "," + extension + "}",
	} {
		if a := w.send("acme", method, "/Users/"+id, body); a.Status != 413 {
			t.Errorf("%s of %d bytes: %d %.300s", method, len(body), a.Status, a.Body)
		}
	}
	w.unchanged("long names", before)
}

// If the users of a search over all types do not fit a page, the next page continues with them,
// and shows no user twice.
func TestSearchOverAllTypesInPages(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Limits.PageBytes = 64 << 10 })
	for i := range 5 {
		w.make("acme", "/Users", document.Must(user(fmt.Sprintf("usr%d", i))).With("title", document.Quote(strings.Repeat("x", 30<<10))).String())
		w.make("acme", "/Groups", group(fmt.Sprintf("g%d", i)))
	}
	seen := map[string]int{}
	for start := 1; start <= 10; {
		a := w.send("acme", "POST", "/.search", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"startIndex":%d,"count":50}`, start))
		doc := gjson.ParseBytes(a.Body)
		if a.Status != 200 || doc.Get("totalResults").Int() != 10 || doc.Get("itemsPerPage").Int() == 0 {
			t.Fatalf("%d %.300s", a.Status, a.Body)
		}
		for _, r := range doc.Get("Resources").Array() {
			seen[r.Get("id").String()]++
		}
		start += int(doc.Get("itemsPerPage").Int())
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s is shown %d times", id, n)
		}
	}
	if len(seen) != 10 {
		t.Errorf("%d of 10 are shown", len(seen))
	}
}
