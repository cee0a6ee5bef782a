package redisserver

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
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

// admin is the name of this package's own user.
const admin = "redisserver"

// startTimeout bounds the start and the end of a server, and the creation of a cluster.
const startTimeout = 30 * time.Second

// Options of a server.
type Options struct {
	// Username and Password belong to the only user that may log in. If both are empty, clients
	// need no credentials.
	Username, Password string
	// ACL has the rules of that user. If it is empty, the user may do everything.
	ACL string
	// TLS makes the server speak TLS only.
	TLS bool
	// Durable writes each change to disk before it is answered (appendfsync always), so that a kill
	// loses nothing that was answered. Otherwise it may lose the last two seconds.
	Durable bool
}

// Server is a running redis-server. Its methods fail the test on an error.
type Server struct {
	// Addr is host:port. It stays the same after Restart.
	Addr string

	t       testing.TB
	options Options
	dir     string
	secret  string // password of admin, which may do everything whatever the ACL of the test's user is
	cluster bool
	master  string        // address of the server that this one replicates, or empty
	monitor string        // the configuration of a sentinel, or empty
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

// prepare returns a server that is not started.
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
	s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(FreePort(t)))
	return s
}

func installed() error {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return errors.New("redis-server is not installed: install the package redis-server (apt-get install redis-server), or run the tests with -short")
	}
	return nil
}

// Restart starts the server again, with the same port and data.
func (s *Server) Restart() {
	s.t.Helper()
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the server has its own descriptor
	s.cmd = exec.Command("redis-server", s.arguments()...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = strings.NewReader(s.config()), log, log
	s.cmd.SysProcAttr = endsWithParent()
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	exited := make(chan struct{})
	s.exited = exited
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait() // a killed server ends with an error
		close(exited)
	}(s.cmd)
	s.await("start", func() error {
		_, err := s.Do("PING") // fails while the server loads its data
		return err
	})
}

// Stop ends the server by SIGTERM, so that it keeps all acknowledged writes.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends the server by SIGKILL.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// ClientTLS returns the configuration of a client that trusts this server, or nil without TLS.
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

// await calls ask until it returns no error.
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
	_, port, _ := net.SplitHostPort(s.Addr) // JoinHostPort built it
	lines := []string{"bind 127.0.0.1", fmt.Sprintf("dir %q", s.dir), "daemonize no",
		fmt.Sprintf("user %s on >%s ~* &* +@all", admin, s.secret)}
	if s.options.Durable {
		lines = append(lines, "appendfsync always")
	}
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
	if s.certs != nil {
		lines = append(lines, "tls-replication yes")
	}
	if s.monitor != "" {
		return strings.Join(append(lines, s.monitor), "\n") + "\n"
	}
	lines = append(lines, `save ""`, "appendonly yes", "masteruser "+admin, "masterauth "+s.secret, "repl-diskless-sync-delay 0")
	if host, port, err := net.SplitHostPort(s.master); err == nil {
		lines = append(lines, "replicaof "+host+" "+port)
	}
	return strings.Join(lines, "\n") + "\n"
}

// FreePort returns a port p such that p and p+10000, the port of a cluster's bus, are free now. The
// system takes the local ports of connections from above both, Linux from 32768 on, so that none is
// taken while a server is down.
func FreePort(t testing.TB) int {
	t.Helper()
	var err error
	for range 200 {
		port := 20000 + mathrand.IntN(2700)
		if err = errors.Join(free(port), free(port+10000)); err == nil {
			return port
		}
	}
	t.Fatalf("no port is free with the one 10000 above: %v", err)
	return 0
}

func free(port int) error {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return l.Close()
}
