package security

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/proxytest"
)

// Attributes that are too large for the store are refused before the proxy calls Keycloak, without
// Retry-After and without any effect.
func TestTooMuchToKeep(t *testing.T) {
	w := newWorld(t)
	id := w.make("acme", "/Users", user("ada"))
	before := w.records()
	var addresses []string
	for i := range 1100 {
		addresses = append(addresses, fmt.Sprintf(`{"value":"a%d@example.com"}`, i))
	}
	for what, row := range map[string]struct {
		name, value string
		status      int
	}{
		"a megabyte of title": {"title", document.Quote(strings.Repeat("x", 1<<20)), 413},
		"a large extension":   {"urn:example:x:User", `{"a":` + document.Quote(strings.Repeat("x", 300<<10)) + `}`, 413},
		"1,100 addresses":     {"emails", document.Array(addresses), 400},
	} {
		body := document.Must(user("bob")).With(row.name, row.value).String()
		w.upstream.Calls.Store(0)
		a := w.send("acme", "POST", "/Users", body)
		if a.Status != row.status || a.Header.Get("Retry-After") != "" {
			t.Errorf("%s: POST: %d %.300s", what, a.Status, a.Body)
		}
		if n := w.upstream.Calls.Load(); n != 0 {
			t.Errorf("%s: %d calls to Keycloak", what, n)
		}
		for method, body := range map[string]string{
			"PUT":   document.Must(user("ada")).With(row.name, row.value).Set(scim.MustPath("name.givenName"), `"Other"`).String(),
			"PATCH": patch(`{"op":"replace","value":{` + document.Quote(row.name) + `:` + row.value + `,"name":{"givenName":"Other"}}}`),
		} {
			if a := w.send("acme", method, "/Users/"+id, body); a.Status != row.status {
				t.Errorf("%s: %s: %d %.300s", what, method, a.Status, a.Body)
			}
		}
	}
	w.unchanged("too much to keep", before)
	if a := w.realm.Admin("GET", "/users?briefRepresentation=true", ""); gjson.GetBytes(a.Body, "#").Int() != 1 || gjson.GetBytes(a.Body, "0.firstName").String() != "G" {
		t.Errorf("something is left in Keycloak: %s", a.Body)
	}
}

// Users with the largest allowed records are listed in pages of bounded size, completely and in
// order.
func TestPagesOfLargeUsers(t *testing.T) {
	w := newWorld(t, func(c *config.Config) { c.Limits.PageBytes = 1 << 20 })
	const users = 16
	for i := range users {
		w.make("acme", "/Users", document.Must(user(fmt.Sprintf("u%02d", i))).With("title", document.Quote(strings.Repeat("x", 200<<10))).String())
	}
	for _, way := range []string{"?count=100", "?count=100&sortBy=externalId", "?count=100&cursor="} {
		var seen []string
		start, cursor := 1, ""
		for range users + 1 {
			path := "/Users" + way
			if strings.HasSuffix(way, "cursor=") {
				path += cursor
			} else {
				path += fmt.Sprintf("&startIndex=%d", start)
			}
			a := w.send("acme", "GET", path, "")
			doc := gjson.ParseBytes(a.Body)
			if a.Status != 200 || len(a.Body) > 3<<19 || doc.Get("itemsPerPage").Int() != doc.Get("Resources.#").Int() {
				t.Fatalf("%s: %d, %d bytes, itemsPerPage %s", path, a.Status, len(a.Body), doc.Get("itemsPerPage"))
			}
			for _, r := range doc.Get("Resources").Array() {
				seen = append(seen, r.Get("userName").String())
			}
			start += int(doc.Get("itemsPerPage").Int())
			if cursor = doc.Get("nextCursor").String(); start > users || strings.HasSuffix(way, "cursor=") && cursor == "" {
				break
			}
		}
		if len(seen) != users || seen[0] != "u00" || seen[users-1] != "u15" {
			t.Errorf("%s: %v", way, seen)
		}
	}
}

// A caller that may only read changes nothing, not even lastModified.
func TestReaderMovesNothing(t *testing.T) {
	w := newWorld(t)
	u, g := w.make("acme", "/Users", user("ada")), w.make("acme", "/Groups", group("staff"))
	before := w.records()
	shown := w.send("acme", "GET", "/Groups/"+g, "")
	for _, path := range []string{"/Groups/" + g, "/Users/" + u} {
		for _, ops := range [][]string{
			{}, {`{"op":"add","path":"members","value":[]}`}, {`{"op":"remove","path":"members[value eq \"` + u + `\"]"}`}, {`{"op":"replace","path":"members","value":[]}`},
			{`{"op":"replace","path":"externalId","value":"x"}`}, {`{"op":"replace","path":"title","value":"x"}`}, {`{"op":"replace","value":{}}`},
		} {
			if a := w.send("reader", "PATCH", path, patch(ops...)); a.Status < 400 {
				t.Errorf("PATCH %s %v: %d", path, ops, a.Status)
			}
		}
		for _, body := range []string{group("staff"), user("ada"), `{}`} {
			if a := w.send("reader", "PUT", path, body); a.Status < 400 {
				t.Errorf("PUT %s: %d", path, a.Status)
			}
		}
		w.send("reader", "DELETE", path, "")
	}
	w.unchanged("a reader", before)
	if after := w.send("acme", "GET", "/Groups/"+g, ""); string(after.Body) != string(shown.Body) {
		t.Errorf("was %s\nis  %s", shown.Body, after.Body)
	}
}

// On a full disk a create succeeds completely or has no effect: Keycloak has no user whose
// attributes are not in the store, and no acknowledged attribute is lost.
func TestFullDisk(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	limited := filepath.Join(dir, "limited")
	// The program cannot write a file larger than 512 KiB, as if the disk were full.
	script := "#!/bin/sh\nulimit -f 1024\nexec " + proxytest.Build(t) + " \"$@\"\n"
	if err := os.WriteFile(limited, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	w.program(limited, "embedded: {path: store.db}")
	kept, refused := map[string]string{}, 0
	for i := range 60 {
		name := fmt.Sprintf("u%02d", i)
		a := w.send("acme", "POST", "/Users", document.Must(user(name)).With("title", document.Quote(strings.Repeat("x", 20<<10))).String())
		switch a.Status {
		case 201:
			kept[name] = gjson.GetBytes(a.Body, "id").String()
		case 503:
			refused++
		default:
			t.Errorf("%s: %d %.300s", name, a.Status, a.Body)
		}
	}
	if len(kept) == 0 || refused == 0 {
		t.Fatalf("%d kept, %d refused: the disk is not full", len(kept), refused)
	}
	if n := gjson.GetBytes(w.realm.Admin("GET", "/users?max=100", "").Body, "#").Int(); int(n) != len(kept) {
		t.Errorf("%d users in Keycloak, %d were acknowledged", n, len(kept))
	}
	for name, id := range kept {
		if a := w.send("acme", "GET", "/Users/"+id, ""); len(gjson.GetBytes(a.Body, "title").String()) != 20<<10 {
			t.Errorf("%s: %d, its title is lost", name, a.Status)
		}
	}
	t.Logf("%d kept, %d refused", len(kept), refused)
}
