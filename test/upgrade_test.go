package test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

// earlier is a commit that stands for the release before this one, as long as there is no tag.
const earlier = "817297d"

// buildEarlier builds the program of the last tag, or of the commit, from the history of the
// repository. It skips the test if there is none, as in a shallow clone.
func buildEarlier(t *testing.T) string {
	t.Helper()
	release := earlier
	if out, err := exec.Command("git", "describe", "--tags", "--abbrev=0").Output(); err == nil {
		release = strings.TrimSpace(string(out))
	}
	if err := exec.Command("git", "cat-file", "-e", release+"^{commit}").Run(); err != nil {
		t.Skipf("the history has no %s", release)
	}
	dir := t.TempDir()
	text, err := exec.Command("git", "-C", "..", "archive", release, "go.mod", "go.sum", "cmd", "config", "adapters", "onboarding", "proxy").Output()
	if err != nil {
		t.Fatal(err)
	}
	tar := exec.Command("tar", "-x", "-C", dir)
	tar.Stdin = strings.NewReader(string(text))
	if out, err := tar.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "scim-proxy"), "./cmd/scim-proxy")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(dir, "scim-proxy")
}

// While a release replaces the one before it, both run on one Redis. Each reads, finds, changes and
// deletes what the other one has written.
func TestRollingUpgrade(t *testing.T) {
	w := newWorld(t)
	old, redis := buildEarlier(t), redisserver.Start(t, redisserver.Options{}).Addr
	var both [2]client
	for i, binary := range []string{old, proxytest.Build(t)} {
		file := w.files(t, w.realm.Server.URL)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(text), "store: {embedded: {path: store.db}}", fmt.Sprintf("store: {redis: {addresses: [%q]}}", redis), 1)
		if binary == old { // it has no guard
			changed = strings.Replace(changed, "guard: {off: true}\n", "", 1)
		}
		if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		both[i] = client{proxytest.StartProgram(t, binary, file).URL + "/scim/v2", w.tenantToken}
	}
	for i, writer := range both {
		reader := both[1-i]
		name := []string{"old", "new"}[i]
		id, err := create(t.Context(), writer.send, i+1, "e-"+name, "first-"+name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		user := "/Users/" + id
		holds := func(c client, title string) {
			t.Helper()
			got, err := c.send(t.Context(), "GET", user, "")
			if err != nil || document.Text(got.Resource.Raw("title")) != title {
				t.Errorf("%s wrote: %v %s", name, err, got.Resource)
			}
			for _, filter := range []string{fmt.Sprintf("externalId eq %q", "e-"+name), fmt.Sprintf("title eq %q", title)} {
				found, err := c.send(t.Context(), "GET", "/Users?filter="+url.QueryEscape(filter), "")
				if err != nil || found.Page.Total != 1 {
					t.Errorf("%s wrote: %s: %v %+v", name, filter, err, found.Page)
				}
			}
		}
		holds(reader, "first-"+name)
		if _, err := reader.send(t.Context(), "PATCH", user, patchBody([]scim.Op{opOn(scim.ReplaceAll, "title", `"second-`+name+`"`)})); err != nil {
			t.Errorf("%s wrote: PATCH: %v", name, err)
		}
		holds(writer, "second-"+name)
		if _, err := reader.send(t.Context(), "POST", "/Users", directorytest.Sample(i+1).String()); scim.Status(err) != 409 {
			t.Errorf("%s wrote: a duplicate: %v", name, err)
		}
		if _, err := reader.send(t.Context(), "DELETE", user, ""); err != nil {
			t.Errorf("%s wrote: DELETE: %v", name, err)
		}
		if _, err := writer.send(t.Context(), "GET", user, ""); scim.Status(err) != 404 {
			t.Errorf("%s wrote, and it was deleted: %v", name, err)
		}
	}
	addMembersAtOnce(t, w, both)
	patchOneUserAtOnce(t, both)
}
