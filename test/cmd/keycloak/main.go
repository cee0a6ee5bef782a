// Command keycloak starts a real Keycloak: in front (run), or for the time of another command (exec -- command …).
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

	"keycloak-scim-proxy/test/kcserver"
)

// patience with a command that was asked to end.
const patience = 10 * time.Second

func main() {
	code, err := start(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func start(args []string) (int, error) {
	if len(args) == 0 || args[0] != "run" && (args[0] != "exec" || len(args) < 3 || args[1] != "--") {
		return 2, errors.New("usage: keycloak run | keycloak exec -- command …")
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	dir, err := os.MkdirTemp("", "keycloak-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	s, err := kcserver.Start(ctx, kcserver.Options{DataDir: dir, Progress: os.Stderr})
	if err != nil {
		return 1, err
	}
	defer func() { _ = s.Stop() }()
	env := []string{"KEYCLOAK_URL=" + s.URL, "KEYCLOAK_ADMIN=" + s.AdminUser, "KEYCLOAK_ADMIN_PASSWORD=" + s.AdminPassword}
	if args[0] == "exec" {
		return execute(ctx, args[2:], env)
	}
	for _, assignment := range env {
		fmt.Println(assignment)
	}
	<-ctx.Done()
	return 0, nil
}

// execute runs a command in a process group of its own, so that a signal to this program alone also ends what the command started (go test starts
// test binaries). A group in the background cannot read the terminal, so it gets no input.
func execute(ctx context.Context, args, env []string) (int, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = patience
	err := cmd.Run()
	if ctx.Err() != nil && cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what did not listen
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
