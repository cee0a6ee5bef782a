//go:build unix

package docs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"keycloak-scim-proxy/test/kctest"
)

// step is a command of a page, and the output that the page shows; shown is false if the page shows
// none.
type step struct {
	command, output string
	shown           bool
}

var box = regexp.MustCompile("(?ms)^```(sh|console)\n(.*?)^```")

// steps returns the commands of the boxes sh and console of a page.
func steps(page string) (all []step) {
	for _, m := range box.FindAllStringSubmatch(page, -1) {
		if m[1] == "sh" {
			all = append(all, step{command: m[2]})
			continue
		}
		for _, line := range strings.SplitAfter(m[2], "\n") {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				all = append(all, step{command: command, shown: true})
			} else if len(all) > 0 {
				all[len(all)-1].output += line
			}
		}
	}
	return all
}

// matches reports whether an output is as a page shows it, where … stands for any text.
func matches(shown, output string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(shown)), "…", ".*")
	return regexp.MustCompile(`(?s)^` + pattern + `$`).MatchString(strings.TrimSpace(output))
}

// The walk-through works as it is printed, on a real Keycloak. Only its addresses and the name of
// the realm are replaced, so that tests can run side by side.
func TestGettingStarted(t *testing.T) {
	server := kctest.Server(t)
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "bin", "scim-proxy"), "./cmd/scim-proxy")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	realm := kctest.NewRealm(t)
	if a := realm.Admin("DELETE", "", ""); a.Status != 204 {
		t.Fatal(a.Status) // the page makes it
	}
	page := strings.NewReplacer("localhost:8180", strings.TrimPrefix(server.URL, "http://"), "8090", port(t), "127.0.0.1:9090", "127.0.0.1:"+port(t),
		"corp", realm.Name).Replace(read(t, "docs/getting-started.md"))
	all := steps(page)
	if len(all) < 15 {
		t.Fatalf("the page has %d commands", len(all))
	}
	shell := newShell(t, dir)
	for _, s := range all {
		output, status := shell.run(t, s.command)
		if status != "0" || s.shown && !matches(s.output, output) {
			t.Fatalf("$ %s\nexit code %s\n%s\nthe page shows\n%s", s.command, status, output, s.output)
		}
	}
}

// port returns a port that was free just now.
func port(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, p, err := net.SplitHostPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	return p
}

// shell is a bash that runs one command after the other.
type shell struct {
	in  io.Writer
	out *bufio.Reader
}

func newShell(t *testing.T, dir string) *shell {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	cmd := exec.CommandContext(ctx, "bash", "--norc", "--noprofile")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that what it starts ends with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		_, _ = io.Copy(io.Discard, r)
		cancel()
		_, _ = cmd.Wait(), r.Close()
	})
	return &shell{in, bufio.NewReader(r)}
}

// run returns the output of a command, and its exit code.
func (s *shell) run(t *testing.T, command string) (output, status string) {
	t.Helper()
	const end = "-- end of the step "
	fmt.Fprintf(s.in, "%s\ncode=$?; echo; echo '%s'$code\n", strings.TrimSuffix(command, "\n"), end)
	for {
		line, err := s.out.ReadString('\n')
		if err != nil {
			t.Fatalf("$ %s\n%s%v", command, output, err)
		}
		if code, ok := strings.CutPrefix(line, end); ok {
			return output, strings.TrimSpace(code)
		}
		output += line
	}
}

// An output that differs from the page is found.
func TestMatches(t *testing.T) {
	for _, row := range []struct {
		shown, output string
		want          bool
	}{
		{"201\n", "201\n\n", true},
		{"201\n", "409\n\n", false},
		{"a …\nb\n", "a 17\nb\n", true},
		{"a\n…\nb\n", "a\nx\ny\nb\n", true},
		{"a\nb\n", "a\nx\nb\n", false},
		{"a.c\n", "abc\n", false},
	} {
		if matches(row.shown, row.output) != row.want {
			t.Errorf("%q shows %q", row.shown, row.output)
		}
	}
}
