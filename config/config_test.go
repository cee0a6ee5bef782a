package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"keycloak-scim-proxy/config"
)

func generic(name string) bool { return name == "generic" }

func unpack(t *testing.T, file string) (dir, want string) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for _, f := range a.Files {
		if f.Name == "want" {
			want = string(f.Data)
			continue
		}
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, want
}

func TestLoad(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no files")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			dir, want := unpack(t, file)
			_, err := config.Load(filepath.Join(dir, "config.yaml"), generic)
			got := ""
			if err != nil {
				got = strings.ReplaceAll(err.Error(), dir+"/", "") + "\n"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValues(t *testing.T) {
	dir, _ := unpack(t, "testdata/good.txtar")
	c, err := config.Load(filepath.Join(dir, "config.yaml"), generic)
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits.Body != 8<<20 || c.Keycloak.Timeout.Std() != 20*time.Second || c.PublicURL != "https://scim.example.com" {
		t.Errorf("%+v", c)
	}
	if len(c.Tenants) != 1 || c.Tenants[0].MembersShown != 200 || c.Tenants[0].Tokens[0].Expires.Year() != 2027 {
		t.Fatalf("%+v", c.Tenants)
	}
	if s, err := c.Tenants[0].ServiceAccount.Secret(); err != nil || s != "s3cret" {
		t.Error(s, err)
	}
	if p, err := c.Store.Redis.Password(); err != nil || p != "r" {
		t.Error(p, err)
	}
}

func TestMissingFile(t *testing.T) {
	_, err := config.Load(filepath.Join(t.TempDir(), "none.yaml"), generic)
	var ps config.Problems
	if !errors.As(err, &ps) || len(ps) != 1 || !strings.HasSuffix(ps[0].String(), "none.yaml: no such file or directory") {
		t.Error(err)
	}
}

func TestOneBadTenantDoesNotHideTheOthers(t *testing.T) {
	dir, _ := unpack(t, "testdata/good.txtar")
	dir = filepath.Join(dir, "tenants.d")
	if err := os.WriteFile(filepath.Join(dir, "bad.yml"), []byte("tenant: [b"), 0o600); err != nil {
		t.Fatal(err)
	}
	good, wrong := config.LoadTenants(dir, generic)
	if len(good) != 1 || len(wrong) != 1 {
		t.Error(good, wrong)
	}
}
