package redis

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	goredis "github.com/redis/go-redis/v9"
)

// Usage returns the memory that Redis uses, all its data included, and its limit (maxmemory; 0 if
// there is none), in bytes. In a cluster they are those of the master that is the fullest. The user
// needs +info.
func (e *Engine) Usage(ctx context.Context) (size, limit int64, err error) {
	if err := begin(ctx, "usage"); err != nil {
		return 0, 0, err
	}
	var mu sync.Mutex
	ask := func(ctx context.Context, node *goredis.Client) error {
		info, err := node.Info(ctx, "memory").Result()
		if err != nil {
			return err
		}
		used, err1 := field(info, "used_memory")
		most, err2 := field(info, "maxmemory")
		if err1 != nil || err2 != nil {
			return fmt.Errorf("INFO memory: %w %w", err1, err2)
		}
		mu.Lock()
		defer mu.Unlock()
		if fuller(used, most, size, limit) {
			size, limit = used, most
		}
		return nil
	}
	switch c := e.client.(type) {
	case *goredis.ClusterClient:
		err = c.ForEachMaster(ctx, ask)
	case *goredis.Client:
		err = ask(ctx, c)
	}
	return size, limit, failed(ctx, "usage", err)
}

// fuller compares shares of limits; a server without a limit is never fuller than one with a limit.
func fuller(used, most, size, limit int64) bool {
	if most == 0 || limit == 0 {
		return most > 0 || limit == 0 && used > size
	}
	return float64(used)/float64(most) > float64(size)/float64(limit)
}

// field returns a number of the answer of INFO.
func field(info, name string) (int64, error) {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		}
	}
	return 0, fmt.Errorf("it has no %s", name)
}
