package redisserver

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// admin is the harness's own user.
const admin = "redisserver"

// startTimeout bounds the start of a server and the forming of a cluster.
const startTimeout = 30 * time.Second

// Options are what a server asks of its clients.
type Options struct {
	// Username and Password are those of the only user that may log in. Both empty: everybody may do everything.
	Username, Password string
	// ACL are the rules of that user; empty is everything.
	ACL string
	// TLS makes the server speak TLS only.
	TLS bool
}

// Server is a running redis-server. Its methods fail the test when they cannot do what they say.
type Server struct {
	// Addr is host:port, the same after Restart.
	Addr string

	t       testing.TB
	options Options
	dir     string
	secret  string // of the harness's own user, so that it can administer whatever the ACL of the test's user is
	cluster bool
	certs   *certificates // nil without TLS
	cmd     *exec.Cmd
	exited  chan struct{} // closed when the process has ended
}

// Start starts a single server. It skips the test under -short.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := prepare(t, o)
	s.Restart()
	return s
}

// prepare makes a server that is not started.
func prepare(t testing.TB, o Options) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("needs redis-server, which -short leaves out")
	}
	if err := installed(); err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, options: o, dir: t.TempDir(), secret: rand.Text()}
	if o.TLS {
		s.certs = newCertificates(t, s.dir)
	}
	t.Cleanup(func() {
		if s.cmd != nil {
			s.Kill()
		}
	})
	s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(freePort(t)))
	return s
}

func installed() error {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return errors.New("redis-server is not installed: install the package redis-server (apt-get install redis-server), or run the tests with -short")
	}
	return nil
}

// Restart starts the server again, on the same port with the data it had.
func (s *Server) Restart() {
	s.t.Helper()
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the server has its own descriptor
	s.cmd = exec.Command("redis-server", "-")
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = strings.NewReader(s.config()), log, log
	s.cmd.SysProcAttr = endsWithParent()
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	exited := make(chan struct{})
	s.exited = exited
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait() // how it ended says nothing: it is told to
		close(exited)
	}(s.cmd)
	s.await("start", func() error {
		_, err := s.Do("PING") // an error while it loads its data
		return err
	})
}

// Stop ends the server in good order; what it has acknowledged is kept.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends the server at once, as a crash does.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// ClientTLS is the configuration of a client that trusts this server, or nil without TLS.
func (s *Server) ClientTLS() *tls.Config {
	if s.certs == nil {
		return nil
	}
	return &tls.Config{RootCAs: s.certs.pool, MinVersion: tls.VersionTLS12}
}

func (s *Server) end(sig syscall.Signal) {
	s.t.Helper()
	s.signal(sig)
	select {
	case <-s.exited:
	case <-time.After(startTimeout):
		s.t.Fatalf("redis-server does not end after %v", sig)
	}
}

func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatal(err)
	}
}

// await asks until there is no error.
func (s *Server) await(what string, ask func() error) {
	s.t.Helper()
	deadline, tick := time.After(startTimeout), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
			continue
		case <-s.exited:
		case <-deadline:
		}
		s.t.Fatalf("redis-server %s: %v\n%s", what, err, s.logTail())
	}
}

func (s *Server) logTail() string {
	b, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-2000):])
}

func (s *Server) config() string {
	_, port, _ := net.SplitHostPort(s.Addr) // made by JoinHostPort
	lines := []string{"bind 127.0.0.1", fmt.Sprintf("dir %q", s.dir), `save ""`, "appendonly yes", "daemonize no",
		fmt.Sprintf("user %s on >%s ~* &* +@all", admin, s.secret)}
	if s.options.Username != "" {
		rules := s.options.ACL
		if rules == "" {
			rules = "~* &* +@all"
		}
		lines = append(lines, "user default off", fmt.Sprintf("user %s on >%s %s", s.options.Username, s.options.Password, rules))
	}
	if s.certs == nil {
		lines = append(lines, "port "+port)
	} else {
		lines = append(lines, "port 0", "tls-port "+port, "tls-auth-clients no", "tls-cluster yes",
			fmt.Sprintf("tls-cert-file %q", s.certs.cert), fmt.Sprintf("tls-key-file %q", s.certs.key), fmt.Sprintf("tls-ca-cert-file %q", s.certs.cert))
	}
	if s.cluster {
		lines = append(lines, "cluster-enabled yes", "cluster-node-timeout 5000")
	}
	return strings.Join(lines, "\n") + "\n"
}

// freePort finds a port that is free now, and 10000 above too, where a cluster node has its bus.
func freePort(t testing.TB) int {
	t.Helper()
	for range 200 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		bus, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port+10000)))
		if err == nil {
			err = bus.Close()
		}
		if err = errors.Join(err, l.Close()); err == nil {
			return port
		}
	}
	t.Fatal("no port is free with the one 10000 above")
	return 0
}
