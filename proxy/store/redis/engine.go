package redis

import (
	"cmp"
	"context"
	_ "embed" // the scripts
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"keycloak-scim-proxy/proxy/store"
)

//go:embed save.lua
var saveLua string

//go:embed rewrite.lua
var rewriteLua string

//go:embed delete.lua
var deleteLua string

//go:embed lock.lua
var lockLua string

//go:embed renew.lua
var renewLua string

//go:embed unlock.lua
var unlockLua string

// scripts run by their digest. go-redis sends the text if the server does not know a script.
type scripts struct{ save, rewrite, delete, lock, renew, unlock *goredis.Script }

// Engine is a store.Engine on Redis.
type Engine struct {
	client  goredis.UniversalClient
	prefix  string
	timeout time.Duration
	lease   time.Duration
	// waitReplicas is that of Options.
	waitReplicas int
	scripts      scripts
	closed       chan struct{}
	close        sync.Once

	connections atomic.Uint64
	slotted     atomic.Bool // a script may touch keys of one hash slot only
}

var _ store.Engine = (*Engine)(nil)

// Open makes the engine. It does not connect, because the proxy may start before Redis does.
func Open(o Options) (*Engine, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	// go-redis writes each failed dial to standard error, outside the program's log, although it
	// also returns the error. The switch is global to go-redis, which no other package imports.
	logging.Disable()
	o.DialTimeout, o.Timeout = cmp.Or(o.DialTimeout, defaultDialTimeout), cmp.Or(o.Timeout, defaultTimeout)
	e := &Engine{
		prefix:  o.Prefix,
		timeout: o.Timeout,
		lease:   defaultLease,

		waitReplicas: o.WaitReplicas,
		closed:       make(chan struct{}),
		scripts: scripts{
			save:    goredis.NewScript(saveLua),
			rewrite: goredis.NewScript(rewriteLua),
			delete:  goredis.NewScript(deleteLua),
			lock:    goredis.NewScript(lockLua),
			renew:   goredis.NewScript(renewLua),
			unlock:  goredis.NewScript(unlockLua),
		},
	}
	e.client = goredis.NewUniversalClient(o.universal(func() { e.connections.Add(1) }))
	_, cluster := e.client.(*goredis.ClusterClient)
	e.slotted.Store(cluster)
	return e, nil
}

// Connections returns how many connections have been made. If the number has changed, another
// server may have answered.
func (e *Engine) Connections() uint64 { return e.connections.Load() }

// Open is store.Engine.Open.
func (e *Engine) Open(tenant string) store.Space {
	return &space{Engine: e, tenant: tenant, keys: e.keys(tenant)}
}

func (e *Engine) keys(tenant string) keys { return keys{base: e.prefix + "{" + escape(tenant) + "}:"} }

// Ping reports an error if no node answers.
func (e *Engine) Ping(ctx context.Context) error {
	if err := begin(ctx, "ping"); err != nil {
		return err
	}
	return failed(ctx, "ping", e.client.Ping(ctx).Err())
}

// probeLife is how long the key of a probe exists.
const probeLife = time.Minute

// Probe sets a key. It fails if a Save would: with a full memory, on a replica, if Redis cannot
// persist, and if too few replicas answer.
func (e *Engine) Probe(ctx context.Context) error {
	if err := begin(ctx, "probe"); err != nil {
		return err
	}
	key := e.keys(store.SystemSpace).probe()
	if e.waitReplicas == 0 {
		return failed(ctx, "probe", e.client.Set(ctx, key, "", probeLife).Err())
	}
	return failed(ctx, "probe", e.waited(ctx, func(p goredis.Pipeliner) *goredis.Cmd {
		return p.Do(ctx, "set", key, "", "px", probeLife.Milliseconds())
	}).Err())
}

// Close closes all connections.
func (e *Engine) Close() error {
	e.close.Do(func() { close(e.closed) })
	return e.client.Close()
}

// begin refuses a context that has ended.
func begin(ctx context.Context, op string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("redis %s: %w", op, err)
	}
	return nil
}

// failed wraps any error of Go or Redis: a refused connection, LOADING, READONLY, CLUSTERDOWN, OOM
// and NOPERM all mean that the store cannot do it now.
func failed(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	return store.Unavailable(ctx, "redis "+op, err)
}
