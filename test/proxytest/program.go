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
	output, lines := "", bufio.NewScanner(log)
	for lines.Scan() {
		output += lines.Text() + "\n"
		if address := gjson.Get(lines.Text(), "address").String(); address != "" {
			go func() { _, _ = io.Copy(io.Discard, log) }() // so that the program never blocks on its log
			p.URL = "http://" + address
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
