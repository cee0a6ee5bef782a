package redis

import (
	"context"
	"time"

	"github.com/go-redis/redis_rate/v10"
	goredis "github.com/redis/go-redis/v9"
)

// rateEvents is how many events the period of a limit has, because redis_rate takes whole numbers.
const rateEvents = 1_000

// Allow counts one event of a name, of which as many as burst may come at once, and perSecond on
// average, for all processes that share the server. If the event is not allowed, it returns the
// time until the next one is, which is more than 0.
func (e *Engine) Allow(ctx context.Context, name string, perSecond float64, burst int) (wait time.Duration, err error) {
	if err := begin(ctx, "rate"); err != nil {
		return 0, err
	}
	limit := redis_rate.Limit{Rate: rateEvents, Period: time.Duration(rateEvents / perSecond * float64(time.Second)), Burst: burst}
	r, err := redis_rate.NewLimiter(named{e.client, e.keys(name).rate()}).Allow(ctx, "", limit)
	if err != nil {
		return 0, failed(ctx, "rate", err)
	}
	if r.Allowed > 0 {
		return 0, nil
	}
	return max(r.RetryAfter, time.Millisecond), nil
}

// named gives the script of redis_rate a key of ours: redis_rate's own begins with rate:, which an
// ACL does not allow, and another proxy on the server may have it too.
type named struct {
	goredis.UniversalClient
	key string
}

// Eval runs a script on the key.
func (n named) Eval(ctx context.Context, script string, _ []string, args ...any) *goredis.Cmd {
	return n.UniversalClient.Eval(ctx, script, []string{n.key}, args...)
}

// EvalSha runs a script that the server knows on the key.
func (n named) EvalSha(ctx context.Context, sha string, _ []string, args ...any) *goredis.Cmd {
	return n.UniversalClient.EvalSha(ctx, sha, []string{n.key}, args...)
}
