package kcserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options of a server.
type Options struct {
	// DataDir keeps the server's database and log; it is made.
	DataDir string
	// Prefer is the port to serve on if it is free; otherwise, and for 0, any free one is taken.
	Prefer int
	// Progress gets lines for a person; nil: nobody.
	Progress io.Writer
}

// Server is a running Keycloak.
type Server struct {
	// URL of the server, without a slash at its end.
	URL string
	// AdminUser and AdminPassword open the realm master.
	AdminUser, AdminPassword string

	home, dataDir string
	port, health  int
	container     bool
	mu            sync.Mutex
	process       *exec.Cmd
	ended         chan struct{}
}

const (
	startTime = 3 * time.Minute
	stopTime  = 20 * time.Second
)

// Start uses the server that the environment names (KEYCLOAK_URL, KEYCLOAK_ADMIN, KEYCLOAK_ADMIN_PASSWORD), or starts one and waits until it is
// ready. What is missing on the machine is installed where that is possible.
func Start(ctx context.Context, o Options) (*Server, error) {
	if url := os.Getenv("KEYCLOAK_URL"); url != "" {
		return &Server{URL: strings.TrimSuffix(url, "/"), AdminUser: os.Getenv("KEYCLOAK_ADMIN"), AdminPassword: os.Getenv("KEYCLOAK_ADMIN_PASSWORD")}, nil
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	dataDir, err := filepath.Abs(o.DataDir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, err
	}
	home, err := install(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	s := &Server{AdminUser: "admin", AdminPassword: "admin", home: home, dataDir: dataDir, container: home == ""}
	if s.port, err = freePort(o.Prefer); err != nil {
		return nil, err
	}
	if s.health, err = freePort(0); err != nil {
		return nil, err
	}
	s.URL = "http://localhost:" + strconv.Itoa(s.port)
	fmt.Fprintf(o.Progress, "starting Keycloak %s at %s\n", Version(), s.URL)
	return s, s.start(ctx)
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

func (s *Server) start(ctx context.Context) error {
	log, err := os.OpenFile(s.LogFile(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.command()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = processGroup()
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the server ends with this thread: see processGroup
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // why it ended is in its log
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start Keycloak: %w", err)
	}
	s.mu.Lock()
	s.process, s.ended = cmd, ended
	s.mu.Unlock()
	if err := s.wait(ctx, ended); err != nil {
		return errors.Join(err, s.Kill())
	}
	return nil
}

// command: the database of dev-file lies under kc.db-url-path, so that one built distribution serves many data directories.
func (s *Server) command() *exec.Cmd {
	if s.container {
		return s.containerCommand()
	}
	port := strconv.Itoa(s.port)
	cmd := exec.Command(filepath.Join(s.home, "bin", "kc.sh"), "start", "--optimized", "--http-enabled=true",
		"--hostname="+s.URL, "--http-port="+port, "--http-management-port="+strconv.Itoa(s.health), "--log-level=warn")
	cmd.Env = append(os.Environ(), "KC_BOOTSTRAP_ADMIN_USERNAME="+s.AdminUser, "KC_BOOTSTRAP_ADMIN_PASSWORD="+s.AdminPassword,
		"JAVA_OPTS_KC_HEAP=-Xms256m -Xmx1g", "JAVA_OPTS_APPEND=-Dkc.db-url-path="+s.dataDir)
	return cmd
}

func (s *Server) wait(ctx context.Context, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return fmt.Errorf("Keycloak ended while it started; its log says:\n%s", tail(s.LogFile()))
		case <-ctx.Done():
			return fmt.Errorf("Keycloak was not ready in time: %w; its log says:\n%s", ctx.Err(), tail(s.LogFile()))
		case <-tick.C:
		}
		if s.ready(ctx) {
			return nil
		}
	}
}

func (s *Server) ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost:"+strconv.Itoa(s.health)+"/health/ready", nil)
	if err != nil {
		return false
	}
	client := http.Client{Timeout: 2 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// tail is the end of a log, for an error message.
func tail(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(b[max(0, len(b)-2000):]))
}

// Stop ends a server that Start started, and everything it started. It does nothing to one that was running before.
func (s *Server) Stop() error { return s.end(syscall.SIGTERM) }

// Kill ends the server without a chance to finish anything.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

func (s *Server) end(signal syscall.Signal) error {
	s.mu.Lock()
	cmd, ended := s.process, s.ended
	s.process = nil
	s.mu.Unlock()
	if cmd == nil {
		return nil
	}
	group := -cmd.Process.Pid
	if err := syscall.Kill(group, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	select {
	case <-ended:
	case <-time.After(stopTime):
		_ = syscall.Kill(group, syscall.SIGKILL)
		<-ended
	}
	return nil
}

// Restart starts a server that was stopped or killed, with its data, on its port.
func (s *Server) Restart(ctx context.Context) error { return s.start(ctx) }
