package redisserver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// MasterName is the name of the master that sentinels watch.
const MasterName = "scim"

// Sentinels are three sentinels that watch a master and its replicas.
type Sentinels struct {
	// Servers are the master, at first, and its replicas.
	Servers []*Server
	// Nodes are the sentinels.
	Nodes []*Server
}

// StartSentinels starts a master with replicas, and three sentinels with options of their own, and
// waits until the sentinels know all. They replace a master that is down for a second. It skips the
// test under -short.
func StartSentinels(t testing.TB, replicas int, servers, sentinels Options) *Sentinels {
	t.Helper()
	s := &Sentinels{}
	for i := range 1 + replicas {
		n := prepare(t, servers)
		if i > 0 {
			n.master, n.secret, n.certs = s.Servers[0].Addr, s.Servers[0].secret, s.Servers[0].certs
		}
		n.Restart()
		s.Servers = append(s.Servers, n)
	}
	for i := range 3 {
		n := prepare(t, sentinels)
		if i > 0 {
			n.secret, n.certs = s.Nodes[0].secret, s.Nodes[0].certs
		}
		if n.certs != nil { // one certificate is presented to and trusted by all
			n.certs = s.Servers[0].certs
		}
		n.monitor = monitor(t, s.Servers[0], n.secret)
		n.Restart()
		s.Nodes = append(s.Nodes, n)
	}
	for _, n := range s.Nodes {
		n.await("sentinel", func() error {
			info, err := n.Do("INFO", "sentinel")
			if err == nil && !strings.Contains(info, fmt.Sprintf("status=ok,address=%s,slaves=%d,sentinels=3", s.Servers[0].Addr, replicas)) {
				err = errors.New(info)
			}
			return err
		})
	}
	return s
}

func monitor(t testing.TB, master *Server, secret string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(master.Addr)
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{fmt.Sprintf("sentinel monitor %s %s %s 2", MasterName, host, port)}
	for _, l := range []string{"auth-user %s " + admin, "auth-pass %s " + master.secret, "down-after-milliseconds %s 1000", "failover-timeout %s 5000"} {
		lines = append(lines, "sentinel "+fmt.Sprintf(l, MasterName))
	}
	lines = append(lines, "sentinel sentinel-user "+admin, "sentinel sentinel-pass "+secret)
	return strings.Join(lines, "\n")
}

// Addresses returns the addresses of the sentinels.
func (s *Sentinels) Addresses() []string { return (&Cluster{Nodes: s.Nodes}).Addresses() }

// Master returns the master that the first sentinel names.
func (s *Sentinels) Master() *Server {
	info, err := s.Nodes[0].Do("INFO", "sentinel")
	if err != nil {
		s.Nodes[0].t.Fatal(err)
	}
	for _, n := range s.Servers {
		if strings.Contains(info, "address="+n.Addr+",") {
			return n
		}
	}
	return nil
}

// AwaitMaster waits until every sentinel names another master than the former one.
func (s *Sentinels) AwaitMaster(former *Server) {
	for _, n := range s.Nodes {
		n.t.Helper()
		n.await("failover", func() error {
			info, err := n.Do("INFO", "sentinel")
			if err == nil && strings.Contains(info, "address="+former.Addr+",") {
				err = errors.New(info)
			}
			return err
		})
	}
}

// arguments are those of redis-server. A sentinel rewrites its configuration, so that it needs a
// file; other servers read it from standard input.
func (s *Server) arguments() []string {
	if s.monitor == "" {
		return []string{"-"}
	}
	file := filepath.Join(s.dir, "sentinel.conf")
	if _, err := os.Stat(file); err != nil {
		if err := os.WriteFile(file, []byte(s.config()), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	return []string{file, "--sentinel"}
}
