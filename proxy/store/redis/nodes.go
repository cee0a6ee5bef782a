package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	goredis "github.com/redis/go-redis/v9"
)

// ErrPassword means that Redis refuses the user or the password, or wants one.
var ErrPassword = errors.New("redis: the user or the password is refused")

// Node is what a server says of itself.
type Node struct {
	Address string
	// Replica reports whether it takes no writes.
	Replica bool
	// Limited reports whether its memory is limited (maxmemory). Policy is what happens if it is
	// full (maxmemory_policy).
	Limited bool
	Policy  string
	// Log reports whether each write is appended to a file (appendonly). Snapshots reports whether
	// snapshots are saved from time to time; SnapshotsKnown is false if Redis does not tell.
	Log, Snapshots, SnapshotsKnown bool
}

// Nodes asks the server, or each node of a cluster that takes writes, for its settings. The error
// is ErrPassword, or what the network or Redis said: an ACL may refuse INFO.
func (e *Engine) Nodes(ctx context.Context) (all []Node, err error) {
	cluster, ok := e.client.(*goredis.ClusterClient)
	if !ok {
		single, _ := e.client.(*goredis.Client)
		n, err := node(ctx, single)
		return []Node{n}, refusal(err)
	}
	var mu sync.Mutex
	err = cluster.ForEachMaster(ctx, func(ctx context.Context, c *goredis.Client) error {
		n, err := node(ctx, c)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, n)
		return err
	})
	return all, refusal(err)
}

func node(ctx context.Context, c *goredis.Client) (Node, error) {
	text, err := c.Info(ctx).Result()
	if err != nil {
		return Node{}, err
	}
	is := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		is[key] = value
	}
	n := Node{Address: c.Options().Addr, Replica: is["role"] == "slave", Limited: is["maxmemory"] != "0", Policy: is["maxmemory_policy"], Log: is["aof_enabled"] == "1"}
	save, err := c.ConfigGet(ctx, "save").Result() // hosted servers do not have the command
	n.SnapshotsKnown, n.Snapshots = err == nil, save["save"] != ""
	return n, nil
}

func refusal(err error) error {
	for _, prefix := range []string{"WRONGPASS", "NOAUTH", "AUTH", "invalid password"} {
		if goredis.HasErrorPrefix(err, prefix) {
			return fmt.Errorf("%w: %w", ErrPassword, err)
		}
	}
	return err
}
