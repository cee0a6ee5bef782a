package redis

import (
	"context"
	"slices"
	"strings"
	"sync"

	goredis "github.com/redis/go-redis/v9"
)

// scanStep is how many keys Redis visits in one SCAN, so that a step does not block other clients.
const scanStep = 1000

// Spaces searches the key space of each master for the sets of ids. Its user needs +scan.
func (e *Engine) Spaces(ctx context.Context) ([]string, error) {
	if err := begin(ctx, "spaces"); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var names []string
	walk := func(ctx context.Context, node *goredis.Client) error {
		found := node.Scan(ctx, 0, e.prefix+"{*}:ids", scanStep).Iterator()
		for found.Next(ctx) {
			if name, ok := e.spaceOf(found.Val()); ok {
				mu.Lock()
				names = append(names, name)
				mu.Unlock()
			}
		}
		return found.Err()
	}
	var err error
	switch c := e.client.(type) {
	case *goredis.ClusterClient:
		err = c.ForEachMaster(ctx, walk)
	case *goredis.Client:
		err = walk(ctx, c)
	}
	if err != nil {
		return nil, failed(ctx, "spaces", err)
	}
	slices.Sort(names)
	return slices.Compact(names), nil // SCAN may return a key twice
}

// spaceOf is the inverse of keys.ids. It refuses other keys that match the pattern, such as
// {space}:r:a:ids, which is the record "a:ids".
func (e *Engine) spaceOf(key string) (name string, ok bool) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(key, e.prefix+"{"), "}")
	if rest != ":ids" {
		return "", false
	}
	return unescape(name)
}
