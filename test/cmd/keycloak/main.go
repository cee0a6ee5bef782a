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

	"keycloak-scim-proxy/test/kcserver"
)

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

func execute(ctx context.Context, args, env []string) (int, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), nil
	}
	return 0, err
}
