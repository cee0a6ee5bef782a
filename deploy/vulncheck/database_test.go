package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLay(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "db")
	for name, text := range map[string]string{
		"GO-2026-0001.json": `{"id":"GO-2026-0001","modified":"2026-01-02T00:00:00Z","aliases":["CVE-2026-1"],"affected":[{"package":{"name":"stdlib"}},{"package":{"name":"stdlib"}}]}`,
		"GO-2026-0002.json": `{"id":"GO-2026-0002","modified":"2026-03-02T00:00:00Z","affected":[{"package":{"name":"stdlib"}},{"package":{"name":"a.example/m"}}],"details":"kept"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := lay(dir, out); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	for name, want := range map[string]string{
		"index/db.json":        `{"modified":"2026-03-02T00:00:00Z"}`,
		"index/modules.json":   `[{"path":"a.example/m","vulns":[{"id":"GO-2026-0002","modified":"2026-03-02T00:00:00Z"}]},{"path":"stdlib","vulns":[{"id":"GO-2026-0001","modified":"2026-01-02T00:00:00Z"},{"id":"GO-2026-0002","modified":"2026-03-02T00:00:00Z"}]}]`,
		"index/vulns.json":     `[{"id":"GO-2026-0001","modified":"2026-01-02T00:00:00Z","aliases":["CVE-2026-1"]},{"id":"GO-2026-0002","modified":"2026-03-02T00:00:00Z"}]`,
		"ID/GO-2026-0002.json": `{"id":"GO-2026-0002","modified":"2026-03-02T00:00:00Z","affected":[{"package":{"name":"stdlib"}},{"package":{"name":"a.example/m"}}],"details":"kept"}`,
	} {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		var got, wanted any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if _, err := lay(t.TempDir(), out); err == nil {
		t.Error("a directory without reports is a database")
	}
}
