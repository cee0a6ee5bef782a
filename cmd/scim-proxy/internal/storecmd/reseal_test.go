package storecmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/test/storefile"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/proxy/store/guard"
)

// reseals runs the command and returns its output.
func reseals(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, _, err := run(t, append([]string{"reseal"}, args...)...)
	return out, err
}

func TestResealRefuses(t *testing.T) {
	file, db := configured(t)
	plain := file
	sealed := filepath.Join(filepath.Dir(file), "sealed.yaml")
	storefile.Config(t, sealed, "k1")
	for _, row := range []struct {
		name   string
		args   []string
		locked bool
		code   int
		want   string
	}{
		{"no file", nil, false, 2, "--config"},
		{"no keys", []string{"--config", plain}, false, 2, "has no store.encryption"},
		{"a store that is in use", []string{"--config", sealed}, true, 1, "stop the proxy before resealing, because only one process can open the embedded store"},
		{"a new store", []string{"--config", sealed}, false, 1, "it is empty, so there is nothing to reseal"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.locked {
				e, err := embedded.Open(db, time.Second)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = e.Close() }()
			}
			out, err := reseals(t, row.args...)
			if err == nil || exitCode(err) != row.code || !strings.Contains(err.Error(), row.want) || out != "" {
				t.Errorf("exit %d: %v %s", exitCode(err), err, out)
			}
		})
	}
}

// The steps of docs/operations.md for an embedded store that has one unreadable record.
func TestResealReports(t *testing.T) {
	file, db := configured(t)
	storefile.Config(t, file, "k1")
	storefile.Open(t, db, []string{"k1"}, func(g *guard.Engine) {
		for i := range 3 {
			if _, err := g.Open("realm.acme").Save(t.Context(), fmt.Sprint("u", i), store.Record{Terms: []string{"t"}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := g.Engine.Open("realm.b").Save(t.Context(), "bad", store.Record{Body: []byte("\x00sealed\x01")}); err != nil {
			t.Fatal(err)
		}
	})
	storefile.Config(t, file, "k2", "k1")
	k1, k2 := filepath.Join(filepath.Dir(file), "k1"), filepath.Join(filepath.Dir(file), "k2")
	out, err := reseals(t, "--config", file)
	want := "space realm.acme: 3 records, 3 resealed, 0 sealed for the first time, 0 unreadable\n" +
		"space realm.b: store: unreadable: record \"bad\" is cut short\n" +
		"space realm.b: 1 records, 0 resealed, 0 sealed for the first time, 1 unreadable\n" +
		"all spaces: 4 records, 3 resealed, 0 sealed for the first time, 1 unreadable\n" +
		k2 + ": seals all records\n" + k1 + ": must stay: records that cannot be read may be sealed with it\n"
	if out != want || exitCode(err) != 1 || !strings.Contains(fmt.Sprint(err), "a key must stay: 1 records cannot be read") {
		t.Errorf("exit %d %v\n%s", exitCode(err), err, out)
	}
	out, err = reseals(t, "--config", file, "--ignore-unreadable")
	bad := "space realm.b: store: unreadable: record \"bad\" is cut short\n"
	want = "space realm.acme: 3 records, 0 resealed, 0 sealed for the first time, 0 unreadable\n" + bad +
		"space realm.b: 1 records, 0 resealed, 0 sealed for the first time, 1 unreadable\n" + bad +
		"all spaces: 4 records, 0 resealed, 0 sealed for the first time, 1 unreadable\n" +
		k2 + ": seals all records\n" + k1 + ": no record is sealed with it: it may be removed from store.encryption.keyFiles of every proxy\n"
	if out != want || err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	storefile.Open(t, db, []string{"k2"}, func(g *guard.Engine) {
		if ids, err := g.Open("realm.acme").Find(t.Context(), "t"); err != nil || len(ids) != 3 {
			t.Errorf("found %q, %v", ids, err)
		}
	})
}

func TestResealProgressOfALargeSpace(t *testing.T) {
	now := time.Unix(0, 0)
	var out bytes.Buffer
	o := resealProgress(&out, func() time.Time { return now })
	for i := range 25 {
		now = now.Add(time.Second)
		o.Progress("realm.acme", guard.ResealCounts{Seen: 50 * (i + 1)}, false)
	}
	o.Progress("realm.acme", guard.ResealCounts{Seen: 1250}, true)
	if got := strings.Count(out.String(), "so far\n"); got != 2 || strings.Count(out.String(), "\n") != 3 {
		t.Errorf("%s", out.String())
	}
}

func TestResealAsJSON(t *testing.T) {
	file, db := configured(t)
	storefile.Config(t, file, "k1")
	storefile.Open(t, db, []string{"k1"}, func(g *guard.Engine) {
		if _, err := g.Open("realm.acme").Save(t.Context(), "u", store.Record{Terms: []string{"t"}}); err != nil {
			t.Fatal(err)
		}
	})
	storefile.Config(t, file, "k2", "k1")
	out, err := reseals(t, "--config", file, "-o", "json")
	var got resealedStore
	if err := errors.Join(err, json.Unmarshal([]byte(out), &got)); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	dir := filepath.Dir(file)
	one := resealedCounts{Records: 1, Resealed: 1}
	want := resealedStore{one, []resealedSpace{{"realm.acme", one}}, []resealedKey{
		{filepath.Join(dir, "k2"), "writes", false}, {filepath.Join(dir, "k1"), "unused", true},
	}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(resealedStore{}, resealedSpace{})); diff != "" {
		t.Error(diff)
	}
}
