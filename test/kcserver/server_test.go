package kcserver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestJavaMajor(t *testing.T) {
	for text, want := range map[string]int{
		"openjdk version \"17.0.15\" 2025-04-15\nOpenJDK": 17,
		`java version "1.8.0_202"`:                        1,
		`openjdk version "21" 2023-09-19`:                 21,
		"command not found":                               0,
	} {
		if got := javaMajor(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestEnvironmentNamesAServer(t *testing.T) {
	t.Setenv("KEYCLOAK_URL", "http://localhost:1/")
	t.Setenv("KEYCLOAK_ADMIN", "a")
	s, err := Start(t.Context(), Options{})
	if err != nil || s.URL != "http://localhost:1" || s.AdminUser != "a" {
		t.Error(err, s)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

func TestTail(t *testing.T) {
	f := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(f, []byte(strings.Repeat("x", 5000)+"end\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := tail(f); len(got) > 2000 || !strings.HasSuffix(got, "end") {
		t.Error(len(got))
	}
}
