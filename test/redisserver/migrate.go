package redisserver

import (
	"net"
	"strings"
)

// Migrate moves the slot of a key from the node that has it to the next one, a few keys at a time,
// and calls between after each step.
func (c *Cluster) Migrate(key string, between func()) {
	first := c.Nodes[0]
	first.t.Helper()
	slot, err := first.Do("CLUSTER", "KEYSLOT", key)
	if err != nil {
		first.t.Fatal(err)
	}
	from, to := c.owner(key)
	fromID, toID := from.myID(), to.myID()
	to.must("CLUSTER", "SETSLOT", slot, "IMPORTING", fromID)
	from.must("CLUSTER", "SETSLOT", slot, "MIGRATING", toID)
	host, port, err := net.SplitHostPort(to.Addr)
	if err != nil {
		first.t.Fatal(err)
	}
	for {
		keys, err := from.Do("CLUSTER", "GETKEYSINSLOT", slot, "10")
		if err != nil {
			first.t.Fatal(err)
		}
		if keys == "" {
			break
		}
		args := []string{"MIGRATE", host, port, "", "0", "5000", "AUTH2", admin, to.secret, "KEYS"}
		from.must(append(args, strings.Split(keys, "\n")...)...)
		between()
	}
	for _, n := range []*Server{to, from, c.Nodes[0], c.Nodes[1], c.Nodes[2]} {
		n.must("CLUSTER", "SETSLOT", slot, "NODE", toID)
	}
}

// owner returns the node that has the slot of a key, and the one after it. The others answer MOVED.
func (c *Cluster) owner(key string) (from, to *Server) {
	for i, n := range c.Nodes {
		if _, err := n.Do("EXISTS", key); err == nil {
			return n, c.Nodes[(i+1)%len(c.Nodes)]
		}
	}
	c.Nodes[0].t.Fatalf("no node has the slot of %s", key)
	return nil, nil
}

func (s *Server) myID() string {
	id, err := s.Do("CLUSTER", "MYID")
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}
