package kcserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
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
	// DataDir has the server's database and log. Start creates it.
	DataDir string
	// Prefer is the port to serve on if it is free. If it is taken or 0, the server gets any free
	// port.
	Prefer int
	// Progress gets a line per step. It may be nil.
	Progress io.Writer
	// Own starts a server even if the environment names a running one, for a test that kills it.
	// After a kill this server still has everything that it answered; other servers may lose the
	// last 0.5 s.
	Own bool
}

// Server is a running Keycloak.
type Server struct {
	// URL of the server, without a slash at its end.
	URL string
	// AdminUser and AdminPassword are credentials of an administrator in the realm master.
	AdminUser, AdminPassword string

	home, dataDir string
	port, health  int
	durable       bool
	mu            sync.Mutex
	process       *exec.Cmd
	ended         chan struct{}
}

// errForeign refuses to kill or restart a server that other processes use.
var errForeign = errors.New("the Keycloak at KEYCLOAK_URL was not started by this process, which neither kills nor restarts it")

// Start returns the server that the environment names (KEYCLOAK_URL, KEYCLOAK_ADMIN,
// KEYCLOAK_ADMIN_PASSWORD). Without one, it starts a server and waits until it is ready, at most 5
// minutes. If Java or Maven are missing, it installs them if it runs as root and apt-get exists.
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

// named returns the server that the environment names.
func named() (*Server, error) {
	s := &Server{URL: strings.TrimSuffix(os.Getenv("KEYCLOAK_URL"), "/"), AdminUser: os.Getenv("KEYCLOAK_ADMIN"), AdminPassword: os.Getenv("KEYCLOAK_ADMIN_PASSWORD")}
	if s.AdminUser == "" || s.AdminPassword == "" {
		return nil, errors.New("KEYCLOAK_URL is set: KEYCLOAK_ADMIN and KEYCLOAK_ADMIN_PASSWORD must be set with it")
	}
	return s, nil
}

// Free ports are looked for here. The system takes the local ports of connections from above
// (Linux from 32768 on), so that none is taken while a server starts, or starts again.
const firstPort, lastPort = 20000, 29999

// freePort returns the port to prefer if it is free, otherwise a random one that is.
func freePort(prefer int) (int, error) {
	var err error
	for range 100 {
		port := prefer
		if port == 0 {
			port = firstPort + rand.IntN(lastPort-firstPort+1)
		}
		var l net.Listener
		if l, err = net.Listen("tcp", ":"+strconv.Itoa(port)); err == nil {
			return port, l.Close()
		}
		prefer = 0
	}
	return 0, err
}

// LogFile returns the path of the server's log.
func (s *Server) LogFile() string { return filepath.Join(s.dataDir, "keycloak.log") }

// Stop ends a server that Start started, with its child processes. It does nothing to a server
// that was running before.
func (s *Server) Stop() error { return s.end(procgroup.Terminate) }

// Kill ends the server at once (SIGKILL). It fails for a server that was running before Start.
func (s *Server) Kill() error {
	if s.Foreign() {
		return errForeign
	}
	return s.end(procgroup.Kill)
}

// Restart starts the server again, with the same data and port. If it still runs, Restart stops
// it first. It fails for a server that was running before Start.
func (s *Server) Restart(ctx context.Context) error {
	if s.Foreign() {
		return errForeign
	}
	if err := s.Stop(); err != nil {
		return err
	}
	return s.start(ctx)
}

// Foreign reports whether the server was running before Start.
func (s *Server) Foreign() bool { return s.dataDir == "" }
