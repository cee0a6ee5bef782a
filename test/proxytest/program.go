package proxytest

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tidwall/gjson"
)

// Program is a process that runs `scim-proxy serve`.
type Program struct {
	URL string
	Cmd *exec.Cmd
}

// Build builds scim-proxy and returns the path of the binary.
func Build(t testing.TB) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "scim-proxy")
	if out, err := exec.Command("go", "build", "-o", binary, "keycloak-scim-proxy/cmd/scim-proxy").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return binary
}

// StartProgram runs a binary with the configuration file cfg until it is stopped or the test ends.
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
	b, err := os.ReadFile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	tenants := strings.Contains(string(b), "tenantsDir:") // the program checks them after its start: see settle
	output, lines, looked := "", bufio.NewScanner(log), !tenants
	for lines.Scan() {
		output += lines.Text() + "\n"
		looked = looked || strings.HasPrefix(gjson.Get(lines.Text(), "msg").String(), "tenant ")
		if address := gjson.Get(lines.Text(), "address").String(); address != "" {
			p.URL = "http://" + address
		}
		if p.URL != "" && looked {
			go func() { _, _ = io.Copy(io.Discard, log) }() // so that the program never blocks on its log
			return p
		}
	}
	t.Fatalf("the program does not serve: %s", output)
	return nil
}

// Stop sends SIGTERM and waits for the process, which finishes running requests first.
func (p *Program) Stop(t testing.TB) {
	t.Helper()
	if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Cmd.Wait(); err != nil {
		t.Errorf("the program ends with %v", err)
	}
}

// Kill sends SIGKILL and waits for the process. Then the store is not locked any more.
func (p *Program) Kill() {
	_ = p.Cmd.Process.Kill() // it may have ended
	_ = p.Cmd.Wait()
}

// Run runs a command of the program to its end, and returns what it printed and its exit code.
func Run(t testing.TB, binary string, args ...string) (out string, code int) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	b, err := cmd.CombinedOutput()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatal(err)
	}
	return string(b), cmd.ProcessState.ExitCode()
}
