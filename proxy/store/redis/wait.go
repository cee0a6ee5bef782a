package redis

import (
	"context"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// write runs a script that writes, and waits until the replicas that Options names have it. Script
// and WAIT go over one connection in one round trip.
func (e *Engine) write(ctx context.Context, script *goredis.Script, keys []string, args ...any) *goredis.Cmd {
	if e.waitReplicas == 0 {
		return script.Run(ctx, e.client, keys, args...)
	}
	out := e.waited(ctx, func(p goredis.Pipeliner) *goredis.Cmd { return p.EvalSha(ctx, script.Hash(), keys, args...) })
	if err := out.Err(); err != nil && strings.HasPrefix(err.Error(), "NOSCRIPT") {
		out = e.waited(ctx, func(p goredis.Pipeliner) *goredis.Cmd { return script.Eval(ctx, p, keys, args...) })
	}
	return out
}

// waited adds WAIT to a command, and makes the command fail if too few replicas have it in time.
func (e *Engine) waited(ctx context.Context, command func(goredis.Pipeliner) *goredis.Cmd) *goredis.Cmd {
	var out *goredis.Cmd
	var wait *goredis.Cmd
	limit := e.timeout * 2 / 3 // before the read times out
	_, err := e.client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		out, wait = command(p), p.Do(ctx, "wait", e.waitReplicas, limit.Milliseconds())
		return nil
	})
	have, _ := wait.Int64() // err has its error
	switch {
	case out.Err() != nil:
	case err != nil:
		out.SetErr(err)
	case have < int64(e.waitReplicas):
		out.SetErr(fmt.Errorf("%d of %d replicas (store.redis.waitReplicas) have received the write within %s", have, e.waitReplicas, limit))
	}
	return out
}
