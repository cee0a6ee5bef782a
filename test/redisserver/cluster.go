package redisserver

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
)

const (
	masters = 3
	slots   = 16384
)

// Cluster has three masters that share the hash slots, without replicas.
type Cluster struct {
	// Nodes has the masters, ordered by their slots.
	Nodes []*Server
}

// StartCluster starts a cluster and waits until every node serves. It skips the test under -short.
func StartCluster(t testing.TB, o Options) *Cluster {
	t.Helper()
	c := &Cluster{}
	for range masters {
		n := prepare(t, o)
		n.cluster = true
		c.Nodes = append(c.Nodes, n)
		n.certs = c.Nodes[0].certs // clients trust one certificate
		n.Restart()
	}
	host, port, err := net.SplitHostPort(c.Nodes[0].Addr)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range c.Nodes {
		n.must(append([]string{"CLUSTER", "ADDSLOTS"}, share(i)...)...)
		n.must("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		n.must("CLUSTER", "MEET", host, port)
	}
	c.Await()
	return c
}

// share returns the slots of the i-th master.
func share(i int) []string {
	var out []string
	for slot := slots * i / masters; slot < slots*(i+1)/masters; slot++ {
		out = append(out, strconv.Itoa(slot))
	}
	return out
}

// Addresses returns the addresses of the nodes.
func (c *Cluster) Addresses() []string {
	var out []string
	for _, n := range c.Nodes {
		out = append(out, n.Addr)
	}
	return out
}

// Await waits until every node reports that the cluster is complete.
func (c *Cluster) Await() {
	for _, n := range c.Nodes {
		n.t.Helper()
		n.await("cluster", func() error {
			info, err := n.Do("CLUSTER", "INFO")
			if err == nil && (!strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:"+strconv.Itoa(masters))) {
				err = errors.New(info)
			}
			return err
		})
	}
}

func (s *Server) must(args ...string) {
	s.t.Helper()
	if _, err := s.Do(args...); err != nil {
		s.t.Fatalf("redis-server %s: %v", args[1], err)
	}
}
