package kcserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/procgroup"
)

// Options of a server.
type Options struct {
	// DataDir keeps the server's database and log; it is made.
	DataDir string
	// Prefer is the port to serve on if it is free; otherwise, and for 0, any free one is taken.
	Prefer int
	// Progress gets lines for a person; nil: nobody.
	Progress io.Writer
	// Own starts a server even where the environment names one that is running, for a test that kills it. What it has answered survives that; other
	// servers may lose the last half second.
	Own bool
}

// Server is a running Keycloak.
type Server struct {
	// URL of the server, without a slash at its end.
	URL string
	// AdminUser and AdminPassword open the realm master.
	AdminUser, AdminPassword string

	home, dataDir string
	port, health  int
	durable       bool
	mu            sync.Mutex
	process       *exec.Cmd
	ended         chan struct{}
}

// errForeign keeps a test from believing that it killed a server which it must not touch.
var errForeign = errors.New("the Keycloak that KEYCLOAK_URL names was not started here, and is neither killed nor restarted")

// Start uses the server that the environment names (KEYCLOAK_URL, KEYCLOAK_ADMIN, KEYCLOAK_ADMIN_PASSWORD), or starts one and waits until it is
// ready. What is missing on the machine is installed where that is possible.
func Start(ctx context.Context, o Options) (*Server, error) {
	if os.Getenv("KEYCLOAK_URL") != "" && !o.Own {
		return named()
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	dataDir, err := filepath.Abs(o.DataDir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dataDir, "data"), 0o700); err != nil {
		return nil, err
	}
	home, err := install(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	s := &Server{AdminUser: "admin", AdminPassword: "admin", home: home, dataDir: dataDir, durable: o.Own}
	if s.port, err = freePort(o.Prefer); err != nil {
		return nil, err
	}
	if s.health, err = freePort(0); err != nil {
		return nil, err
	}
	s.URL = "http://localhost:" + strconv.Itoa(s.port)
	if err := os.Remove(s.LogFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	fmt.Fprintf(o.Progress, "starting Keycloak %s at %s\n", Version(), s.URL)
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// named is the server that the environment names.
func named() (*Server, error) {
	s := &Server{URL: strings.TrimSuffix(os.Getenv("KEYCLOAK_URL"), "/"), AdminUser: os.Getenv("KEYCLOAK_ADMIN"), AdminPassword: os.Getenv("KEYCLOAK_ADMIN_PASSWORD")}
	if s.AdminUser == "" || s.AdminPassword == "" {
		return nil, errors.New("KEYCLOAK_URL is set: KEYCLOAK_ADMIN and KEYCLOAK_ADMIN_PASSWORD must be set with it")
	}
	return s, nil
}

func freePort(prefer int) (int, error) {
	l, err := net.Listen("tcp", ":"+strconv.Itoa(prefer))
	if err != nil && prefer != 0 {
		return freePort(0)
	}
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(port)
	return n, errors.Join(err, l.Close())
}

// LogFile is where the server writes its log.
func (s *Server) LogFile() string { return filepath.Join(s.dataDir, "keycloak.log") }

// Stop ends a server that Start started, and everything it started. It does nothing to one that was running before.
func (s *Server) Stop() error { return s.end(procgroup.Terminate) }

// Kill ends the server without a chance to finish anything. It is an error for a server that was running before.
func (s *Server) Kill() error {
	if s.Foreign() {
		return errForeign
	}
	return s.end(procgroup.Kill)
}

// Restart starts the server again, with its data and on its port; one that still runs is stopped first. It is an error for a server that was
// running before.
func (s *Server) Restart(ctx context.Context) error {
	if s.Foreign() {
		return errForeign
	}
	if err := s.Stop(); err != nil {
		return err
	}
	return s.start(ctx)
}

// Foreign reports whether the server was running before Start, so that others depend on it.
func (s *Server) Foreign() bool { return s.dataDir == "" }
