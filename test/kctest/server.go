package kctest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// program is the command that starts Keycloak.
const program = "keycloak-scim-proxy/cmd/scim-proxy/internal/kcserver/keycloak"

// Keycloak is a running server.
type Keycloak struct {
	// URL of the server, without a slash at its end.
	URL string
	// AdminUser and AdminPassword are credentials of an administrator in the realm master.
	AdminUser, AdminPassword string

	cmd *exec.Cmd // nil if the server was running before
	in  io.WriteCloser
	out *bufio.Scanner
}

var shared struct {
	once   sync.Once
	server *Keycloak
	err    error
}

// ErrForeign reports that a server was running before the tests. They neither kill nor restart it.
var ErrForeign = errors.New("the Keycloak that KEYCLOAK_URL names was not started by this test")

// Server returns the server that the environment names, or one that this test process starts and
// shares among its tests. It skips the test under -short, and fails it if there is no server.
func Server(t testing.TB) *Keycloak {
	t.Helper()
	skipShort(t)
	shared.once.Do(func() {
		if os.Getenv("KEYCLOAK_URL") == "" {
			shared.server, shared.err = start()
			return
		}
		shared.server = &Keycloak{}
		shared.err = shared.server.read(os.Getenv)
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// Own starts a server for a test that kills it. After a kill the server still has everything that
// it answered. It ends with the test.
func Own(t testing.TB) *Keycloak {
	t.Helper()
	skipShort(t)
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func skipShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real Keycloak: not under -short")
	}
}

// Main runs the tests of a package, usually a *testing.M, and stops the server that they started.
// Call it from TestMain.
func Main(m interface{ Run() (code int) }) {
	code := m.Run()
	if shared.server != nil {
		_ = shared.server.stop()
	}
	os.Exit(code)
}

// start runs the command keycloak. It ends with this process, because then its input ends.
func start() (*Keycloak, error) {
	s := &Keycloak{cmd: exec.Command("go", "run", program, "drive")}
	s.cmd.Stderr = os.Stderr
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	s.out = bufio.NewScanner(out)
	printed := map[string]string{}
	for len(printed) < 3 && s.out.Scan() {
		name, value, _ := strings.Cut(s.out.Text(), "=")
		printed[name] = value
	}
	if err := s.read(func(name string) string { return printed[name] }); err != nil {
		return nil, errors.Join(fmt.Errorf("start Keycloak: %w", err), s.stop())
	}
	return s, nil
}

// read sets the fields from the variables that name a server.
func (s *Keycloak) read(variable func(name string) string) error {
	s.URL = strings.TrimSuffix(variable("KEYCLOAK_URL"), "/")
	s.AdminUser, s.AdminPassword = variable("KEYCLOAK_ADMIN"), variable("KEYCLOAK_ADMIN_PASSWORD")
	if s.URL == "" || s.AdminUser == "" || s.AdminPassword == "" {
		return errors.New("set all of KEYCLOAK_URL, KEYCLOAK_ADMIN and KEYCLOAK_ADMIN_PASSWORD, or none")
	}
	return nil
}

func (s *Keycloak) stop() error {
	if s.cmd == nil {
		return nil
	}
	return errors.Join(s.in.Close(), s.cmd.Wait())
}

// Kill ends the server at once (SIGKILL). It returns ErrForeign for a server that was running
// before.
func (s *Keycloak) Kill() error { return s.command("kill") }

// Restart starts the server again, with the same data and port. If it still runs, Restart stops
// it first. It returns ErrForeign for a server that was running before.
func (s *Keycloak) Restart() error { return s.command("restart") }

func (s *Keycloak) command(line string) error {
	if s.cmd == nil {
		return ErrForeign
	}
	if _, err := fmt.Fprintln(s.in, line); err != nil {
		return err
	}
	if s.out.Scan(); s.out.Text() != "ok" {
		return fmt.Errorf("%s Keycloak: %s", line, s.out.Text())
	}
	return nil
}
