package kcserver

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	t.Setenv("KEYCLOAK_ADMIN_PASSWORD", "b")
	s, err := Start(t.Context(), Options{})
	if err != nil || s.URL != "http://localhost:1" || s.AdminUser != "a" || s.AdminPassword != "b" {
		t.Fatal(err, s)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{"Kill": s.Kill(), "Restart": s.Restart(t.Context())} {
		if !errors.Is(err, errForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Setenv("KEYCLOAK_ADMIN_PASSWORD", "")
	if _, err := Start(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "KEYCLOAK_ADMIN_PASSWORD") {
		t.Error(err)
	}
}

func TestKeycloakOptionsOfTheUserAreDropped(t *testing.T) {
	got := withoutKeycloak([]string{"PATH=/bin", "KC_DB=postgres", "JAVA_HOME=/j", "KC_HOSTNAME=x"})
	if diff := cmp.Diff([]string{"PATH=/bin", "JAVA_HOME=/j"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFreePort(t *testing.T) {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	taken := l.Addr().(*net.TCPAddr).Port
	got, err := freePort(taken)
	if err != nil || got == taken || got == 0 {
		t.Fatalf("%d is taken; got %d, %v", taken, got, err)
	}
	again, err := net.Listen("tcp", ":"+strconv.Itoa(got))
	if err != nil {
		t.Fatalf("%d is not free: %v", got, err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestLockIsHeldByOne(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lock")
	unlock, err := lockFile(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lockFile(ended, file); !errors.Is(err, context.Canceled) {
		t.Errorf("a second holder: %v", err)
	}
	unlock()
	unlock, err = lockFile(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

// If the context ends a script, its child process ends too, which would hold the output open.
func TestRunEndsWhatAScriptStarted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	pid := make(chan int, 1)
	out := writer(func(b []byte) {
		n, err := strconv.Atoi(strings.TrimSpace(string(b)))
		if err != nil {
			t.Error(err)
		}
		pid <- n
		cancel()
	})
	if err := run(ctx, out, "sh", "-c", "sleep 600 & echo $!; wait"); err == nil {
		t.Error("run reports success")
	}
	child := <-pid
	if alive(child) {
		t.Errorf("%d lives on", child)
	}
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }

// alive reports whether a process runs. A zombie does not.
func alive(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
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
