// Command keycloak starts a real Keycloak:
//
//	keycloak run                  until Ctrl-C
//	keycloak exec -- command ...  for the time of another command
//	keycloak drive                for a test that kills it: see drive
//
// KEYCLOAK_URL, KEYCLOAK_ADMIN and KEYCLOAK_ADMIN_PASSWORD are in the environment of the command, or
// are printed, one a line.
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

// patience with a command that was asked to end.
const patience = 10 * time.Second

var errUsage = errors.New("usage: keycloak run | keycloak exec -- command ... | keycloak drive")

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

// execute runs a command in a process group of its own, so that a signal to this program alone also
// ends what the command started (go test starts test binaries). A group in the background cannot read
// the terminal, so it gets no input.
func execute(ctx context.Context, args, env []string) (int, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), env...)
	procgroup.Set(cmd)
	cmd.Cancel = func() error { return procgroup.Terminate(cmd) }
	cmd.WaitDelay = patience
	err := cmd.Run()
	if ctx.Err() != nil && cmd.Process != nil {
		_ = procgroup.Kill(cmd) // what did not listen
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exitCode(exit.ProcessState), nil
	}
	return 0, err
}

// exitCode is that of a shell: 128 and the signal for a command that was ended by one.
func exitCode(p *os.ProcessState) int {
	if w, ok := p.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return p.ExitCode()
}
