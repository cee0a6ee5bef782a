package test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/shim"
)

// untouched sends a request and, if it is a write that fails, returns an error that names all
// changes: of users, groups, the pool and members in Keycloak (by the Admin API), and of records in
// the store. Two changes are allowed: an undo does not enable a user again, and the sessions of a
// leaver are ended. All conversations and the corpus send their requests by it.
func (w *world) untouched(t testing.TB, method, target string, send func() kctest.Reply) (kctest.Reply, error) {
	t.Helper()
	if method == "GET" || strings.Contains(target, ".search") {
		return send(), nil
	}
	before, err := w.state(t)
	if err != nil {
		return kctest.Reply{}, err
	}
	a := send()
	if !failed(a) {
		return a, nil
	}
	after, err := w.state(t)
	if err != nil {
		return a, err
	}
	var changes []string
	for _, name := range slices.Sorted(maps.Keys(before.with(after))) {
		was, is := w.compared(before[name]), w.compared(after[name])
		if was != is && is != strings.Replace(was, `"enabled":true`, `"enabled":false`, 1) {
			changes = append(changes, fmt.Sprintf("%s\n\twas %s\n\tis  %s", name, was, is))
		}
	}
	if len(changes) > 0 {
		return a, fmt.Errorf("%s %s is answered with %d %s, and changes\n%s", method, target, a.Status, a.Body, strings.Join(changes, "\n"))
	}
	return a, nil
}

var (
	signedOut = regexp.MustCompile(`"notBefore":\d+`)
	modified  = regexp.MustCompile(`,?"modified":"[^"]*"`)
)

// compared returns the part of a state that a failed write may not change. If Keycloak moves
// meta.lastModified with a PATCH, the undo of a change moves it too, and no time is kept beside it.
func (w *world) compared(is string) string {
	is = signedOut.ReplaceAllString(is, `"notBefore":0`)
	if slices.Contains(w.rules, shim.LastModified) {
		is = modified.ReplaceAllString(is, "")
	}
	return is
}

// failed reports whether nothing may have changed: the request failed, or each operation of a bulk
// request.
func failed(a kctest.Reply) bool {
	if a.Status >= 400 {
		return true
	}
	operations := gjson.GetBytes(a.Body, "Operations").Array()
	return len(operations) > 0 && !slices.ContainsFunc(operations, func(o gjson.Result) bool { return o.Get("status").Int() < 400 })
}

// state is all that a write may change, by name.
type state map[string]string

func (s state) with(more state) state {
	all := maps.Clone(s)
	maps.Copy(all, more)
	return all
}

func (w *world) state(t testing.TB) (state, error) {
	t.Helper()
	s := state{}
	lists := []string{"/users", "/groups"}
	if w.group != nil {
		lists = append(lists, "/groups/"+w.group.Group+"/children", "/organizations/"+w.group.Organization+"/members")
	}
	for _, path := range lists {
		a := w.realm.Admin("GET", path+"?max=5000&briefRepresentation=false", "")
		if a.Status != 200 {
			return nil, fmt.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
		kind := path[strings.LastIndexByte(path, '/')+1:]
		for _, one := range gjson.ParseBytes(a.Body).Array() {
			id := one.Get("id").String()
			s[kind+" "+id] = document.Canonical(one.Raw)
			if kind == "children" && tenantgroup.Hidden(one.Get("name").String()) {
				s[kind+" "+id] = "hidden" // the proxy takes a free one for itself at its first write
				continue
			}
			if kind == "users" || kind == "members" {
				continue
			}
			m := w.realm.Admin("GET", "/groups/"+id+"/members?max=5000&briefRepresentation=true", "")
			for _, member := range gjson.GetBytes(m.Body, "#.id").Array() {
				s["member "+id+" "+member.String()] = "yes"
			}
		}
	}
	return s, w.kept(t, s)
}

// kept reads the store; of a file, which one process can open, a copy. No write is under way.
func (w *world) kept(t testing.TB, s state) error {
	t.Helper()
	cfg := w.cfg.Store
	if cfg.Embedded != nil {
		file := filepath.Join(t.TempDir(), "copy.db")
		if err := duplicate(cfg.Embedded.Path, file); err != nil {
			return err
		}
		defer func() { _ = os.Remove(file) }()
		cfg.Embedded = &config.Embedded{Path: file}
	}
	ctx := context.Background()
	e, err := storage.Open(ctx, cfg, zap.NewNop())
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	spaces, err := e.Spaces(ctx)
	if err != nil {
		return err
	}
	for _, name := range spaces {
		if !strings.HasPrefix(name, "realm.") && !strings.HasPrefix(name, "pending.") {
			continue // who was admitted, keys, the store itself
		}
		space := e.Open(name)
		for id, err := range store.IDs(ctx, space, 1000) {
			if err != nil {
				return err
			}
			if strings.HasPrefix(name, "pending.") && strings.HasPrefix(id, "taken.") {
				continue // a note of the index of identities that it must not prove a value to be free
			}
			r, err := space.Load(ctx, id)
			if err != nil {
				return err
			}
			s["record "+name+" "+id] = fmt.Sprintf("%q %s", r[id].Terms, r[id].Body)
		}
	}
	return nil
}

func duplicate(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if closed := out.Close(); err == nil {
		err = closed
	}
	return err
}

// TestUntouched shows that every change behind a failed write is found: of a user, a group, its
// members and a record, and a user that was added. A user that stays disabled is allowed.
func TestUntouched(t *testing.T) {
	w := newWorld(t)
	c := client{w.base(), w.tenantToken}
	user, err := c.send(t.Context(), "POST", "/Users", userWith("ada", ""))
	if err != nil {
		t.Fatal(err)
	}
	id, crew := user.Resource.ID(), group(t, c, "Crew")
	through := func(method, path, body string) func() {
		return func() {
			if _, err := c.send(t.Context(), method, path, body); err != nil {
				t.Error(err)
			}
		}
	}
	patch := func(path, value string) func() {
		return through("PATCH", "/Users/"+id, patchOf(fmt.Sprintf(`{"op":"replace","path":%q,"value":%s}`, path, value)))
	}
	for _, one := range []struct {
		name   string
		change func()
		found  string
	}{
		{"nothing", func() {}, ""},
		{"name", func() { w.realm.Admin("PUT", "/users/"+id, `{"lastName":"C"}`) }, "users " + id},
		{"enabled", func() { w.realm.Admin("PUT", "/users/"+id, `{"enabled":false}`) }, ""},
		{"member", func() { w.realm.Admin("PUT", "/users/"+id+"/groups/"+crew, "") }, "member " + crew + " " + id},
		{"kept", patch("title", `"x"`), "record realm." + w.realm.Name + " " + id},
		{"another user", through("POST", "/Users", userWith("grace", "")), "users "},
		{"group", through("DELETE", "/Groups/"+crew, ""), "groups " + crew},
	} {
		_, err := w.untouched(t, "PATCH", "/Users/"+id, func() kctest.Reply {
			one.change()
			return kctest.Reply{Status: 400}
		})
		if one.found == "" && err != nil || one.found != "" && (err == nil || !strings.Contains(err.Error(), one.found)) {
			t.Errorf("%s: %v", one.name, err)
		}
	}
}
