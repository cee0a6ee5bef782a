package journaling

import (
	"context"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/pause"
)

const (
	resolveEvery = 20 * time.Second
	pruneEvery   = time.Hour
)

// Kept is the journal of one scope, in the background.
type Kept struct {
	Resolver
	// Done is called with what a pass has done, if it did something or failed.
	Done func(space string, p Pass)
}

// Pass is what was done to a journal in the background.
type Pass struct {
	Ended   int   // entries that were open
	Open    int   // entries that were left and could not be ended
	Deleted int   // entries that were too old or too many
	Err     error // of what could not be done
}

// Keep resolves and prunes all journals until the context ends: at once, then every 20 seconds
// and every hour. all is called for each pass.
func Keep(ctx context.Context, m *Metrics, all func() []Kept) {
	pruned := map[*journal.Log]time.Time{}
	for {
		open := map[string]int{}
		for _, k := range all() {
			var p Pass
			p.Ended, p.Open, p.Err = k.Resolve(ctx)
			open[k.Log.Name()] = p.Open
			if now := k.Log.Now(); p.Err == nil && now.Sub(pruned[k.Log]) >= pruneEvery {
				if p.Deleted, _, p.Err = k.Log.Prune(ctx); p.Err == nil {
					pruned[k.Log] = now
				}
			}
			if ctx.Err() == nil && (p.Ended+p.Deleted > 0 || p.Err != nil) {
				k.Done(k.Log.Name(), p)
			}
		}
		m.saw(open)
		if pause.For(ctx, resolveEvery) != nil {
			return
		}
	}
}
