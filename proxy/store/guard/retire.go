package guard

import (
	"context"
	"errors"
	"time"

	"keycloak-scim-proxy/proxy/pause"
	"keycloak-scim-proxy/proxy/store"
)

// announce changes the canary of each key except the first to say that the key is about to be
// retired. It returns the revisions of these canaries, by the index of the key.
func (r *resealing) announce(ctx context.Context) (retiring map[int]uint64, err error) {
	g := r.guard
	retiring = map[int]uint64{}
	for i, key := range g.options.Keys.IDs() {
		if i == 0 {
			continue
		}
		id := canaryPrefix + key
		records, err := g.system.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		canary := records[id]
		if canary.Rev == 0 || string(canary.Body) == retiredBody {
			continue
		}
		rev, err := g.system.Save(ctx, id, g.sealing().SealRecord(i, id, store.Record{Rev: canary.Rev, Body: []byte(retiringBody)}))
		if err != nil && !errors.Is(err, store.ErrConflict) { // after a conflict, retire reports the other writer
			return nil, err
		}
		retiring[i] = rev
	}
	return retiring, nil
}

// retire changes the canaries to say that the keys are not needed, unless one was written
// meanwhile.
func (r *resealing) retire(ctx context.Context, retiring map[int]uint64) error {
	g := r.guard
	for i, key := range g.options.Keys.IDs() {
		if i == 0 {
			continue
		}
		r.out.Keys[i] = Unused
		rev, announced := retiring[i]
		if !announced {
			continue
		}
		_, err := g.system.Save(ctx, canaryPrefix+key, store.Record{Rev: rev, Body: []byte(retiredBody)})
		switch {
		case errors.Is(err, store.ErrConflict):
			r.out.Keys[i] = InFront
		case err != nil:
			r.out.Keys[i] = Needed
			return err
		}
	}
	return nil
}

func (g *Engine) pause(ctx context.Context, d time.Duration) error {
	return Pause(ctx, g.options.Pause, d)
}

// Pause calls wait, or waits itself if that is nil. It returns the error of a context that ends
// before.
func Pause(ctx context.Context, wait func(context.Context, time.Duration) error, d time.Duration) error {
	if wait == nil {
		wait = pause.For
	}
	return wait(ctx, d)
}
