package proxytest

import (
	"bufio"
	"io"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tidwall/gjson"
)

// Program is a process of the program that serves.
type Program struct {
	URL string
	Cmd *exec.Cmd
}

// Build makes the binary, once for all its starts.
func Build(t testing.TB) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "scim-proxy")
	if out, err := exec.Command("go", "build", "-o", binary, "keycloak-scim-proxy/cmd/scim-proxy").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return binary
}

// StartProgram runs the program until it is killed or the test ends.
func StartProgram(t testing.TB, binary, cfg string) *Program {
	t.Helper()
	p := &Program{Cmd: exec.Command(binary, "serve", "--config", cfg)}
	log, err := p.Cmd.StderrPipe()
	if err == nil {
		err = p.Cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	said, lines := "", bufio.NewScanner(log)
	for lines.Scan() {
		said += lines.Text() + "\n"
		if address := gjson.Get(lines.Text(), "address").String(); address != "" {
			go func() { _, _ = io.Copy(io.Discard, log) }() // or the program would wait for a reader of its log
			p.URL = "http://" + address
			return p
		}
	}
	t.Fatalf("the program does not serve: %s", said)
	return nil
}

// Stop is SIGTERM; it returns when the process has ended, after the requests under way.
func (p *Program) Stop(t testing.TB) {
	t.Helper()
	if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Cmd.Wait(); err != nil {
		t.Errorf("the program ends with %v", err)
	}
}

// Kill is SIGKILL; it returns when the process is gone, and its lock on the store with it.
func (p *Program) Kill() {
	_ = p.Cmd.Process.Kill() // it may have ended
	_ = p.Cmd.Wait()
}
