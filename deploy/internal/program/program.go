// Package program runs scim-proxy for tests: the real program with a configuration that was written
// for a container, whose directories and ports are replaced by those of the test.
package program

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
)

var (
	once   sync.Once
	dir    string
	failed error
)

func build() {
	_, here, _, _ := runtime.Caller(0)
	if dir, failed = os.MkdirTemp("", "scim-proxy-program"); failed != nil {
		return
	}
	c := exec.Command("go", "build", "-o", filepath.Join(dir, "scim-proxy"), "./cmd/scim-proxy")
	c.Dir = filepath.Join(filepath.Dir(here), "../../..")
	if out, err := c.CombinedOutput(); err != nil {
		failed = fmt.Errorf("%w: %s", err, out)
	}
}

// Main runs the tests of a package and removes the program afterwards. It is for TestMain.
func Main(m *testing.M) {
	defer func() {
		if dir != "" {
			os.RemoveAll(dir)
		}
	}()
	m.Run()
}

// Path returns the program. It is built at the first call.
func Path(t *testing.T) string {
	t.Helper()
	if once.Do(build); failed != nil {
		t.Fatal(failed)
	}
	return filepath.Join(dir, "scim-proxy")
}

// Run runs a command of the program, and returns all that it prints.
func Run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), Path(t), args...).CombinedOutput()
	return string(out), err
}

// Serving is a running program.
type Serving struct {
	// Log has the lines until it served.
	Log []string
	cmd *exec.Cmd
	end context.CancelFunc
}

// Serve runs `scim-proxy serve` until the test ends. It returns when the program serves, and fails
// the test with its log if it does not.
func Serve(t *testing.T, file string, env ...string) *Serving {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &Serving{end: cancel}
	s.cmd = exec.CommandContext(ctx, Path(t), "serve", "--config", file)
	s.cmd.Env = append([]string{"HOME=" + t.TempDir()}, env...)
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	log, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = s.cmd.Wait() })
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		s.Log = append(s.Log, lines.Text())
		if strings.Contains(lines.Text(), `"serving"`) {
			go func() {
				for lines.Scan() { // so that the program never waits for a reader
				}
			}()
			return s
		}
	}
	cancel()
	t.Fatalf("the program does not serve: %v\n%s", s.cmd.Wait(), strings.Join(s.Log, "\n"))
	return nil
}

// End ends the program, and waits until it has ended.
func (s *Serving) End(t *testing.T) {
	t.Helper()
	s.end()
	_ = s.cmd.Wait()
}

// FreePort returns a TCP port of 127.0.0.1 that nothing uses.
func FreePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}
