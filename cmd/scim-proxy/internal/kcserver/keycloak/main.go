// Command keycloak starts a real Keycloak:
//
//	keycloak needs                prints what the others install first because it is missing
//	keycloak run                  until Ctrl-C
//	keycloak exec -- command ...  while another command runs
//	keycloak drive                for a test that kills it: see the function drive
//
// exec sets KEYCLOAK_URL, KEYCLOAK_ADMIN and KEYCLOAK_ADMIN_PASSWORD in the environment of the
// command. run and drive print them, one per line.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/kcserver"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/procgroup"
)

// endTimeout is how long a command may take to end after SIGTERM.
const endTimeout = 10 * time.Second

var errUsage = errors.New("usage: keycloak needs | keycloak run | keycloak exec -- command ... | keycloak drive")

func main() {
	code, err := start(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func start(args []string) (int, error) {
	if len(args) == 0 {
		return 2, errUsage
	}
	mode := args[0]
	switch {
	case mode == "exec" && len(args) > 2 && args[1] == "--":
	case mode == "needs" && len(args) == 1:
		all, err := kcserver.Needs(context.Background())
		for _, one := range all {
			fmt.Println(one)
		}
		return 0, err
	case (mode == "run" || mode == "drive") && len(args) == 1:
	default:
		return 2, errUsage
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	dir, err := os.MkdirTemp("", "keycloak-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	o := kcserver.Options{DataDir: dir, Progress: os.Stderr, Own: mode == "drive"}
	s, err := kcserver.Start(ctx, o)
	if err != nil {
		return 1, err
	}
	defer func() { _ = s.Stop() }()
	env := []string{"KEYCLOAK_URL=" + s.URL, "KEYCLOAK_ADMIN=" + s.AdminUser, "KEYCLOAK_ADMIN_PASSWORD=" + s.AdminPassword}
	if mode == "exec" {
		return execute(ctx, args[2:], env)
	}
	for _, assignment := range env {
		fmt.Println(assignment)
	}
	if mode == "drive" {
		drive(ctx, s, os.Stdin, os.Stdout)
		return 0, nil
	}
	<-ctx.Done()
	return 0, nil
}

// execute runs a command in its own process group, so that a signal to this program also ends the
// processes that the command started (go test starts test binaries). The command gets no input,
// because a group in the background cannot read the terminal.
func execute(ctx context.Context, args, env []string) (int, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), env...)
	procgroup.Set(cmd)
	cmd.Cancel = func() error { return procgroup.Terminate(cmd) }
	cmd.WaitDelay = endTimeout
	err := cmd.Run()
	if ctx.Err() != nil && cmd.Process != nil {
		_ = procgroup.Kill(cmd) // processes that ignored SIGTERM
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exitCode(exit.ProcessState), nil
	}
	return 0, err
}

// exitCode returns the exit code as a shell does: 128 plus the signal if a signal ended the
// command.
func exitCode(p *os.ProcessState) int {
	if w, ok := p.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return p.ExitCode()
}
