package store

import (
	"context"
	"errors"
)

// announce has the canary of each key but the first say that the key is about to be retired. It returns their revisions, by key.
func (r *resealing) announce(ctx context.Context) (retiring map[string]uint64, err error) {
	g := r.guard
	retiring = map[string]uint64{}
	for _, k := range g.options.Keys.keys[1:] {
		id := canaryPrefix + k.name()
		records, err := g.system.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		canary := records[id]
		if canary.Rev == 0 || string(canary.Body) == retiredBody {
			continue
		}
		rev, err := g.system.Save(ctx, id, g.sealing().sealWith(k, id, Record{Rev: canary.Rev, Body: []byte(retiringBody)}))
		if err != nil && !errors.Is(err, ErrConflict) { // a conflict: another process has just written it, and is seen by retire
			return nil, err
		}
		retiring[k.id] = rev
	}
	return retiring, nil
}

// retire has the canaries say that the keys are not needed, unless one was written since it was announced.
func (r *resealing) retire(ctx context.Context, retiring map[string]uint64) error {
	g := r.guard
	for i, k := range g.options.Keys.keys[1:] {
		r.out.Keys[i+1] = Unused
		rev, announced := retiring[k.id]
		if !announced {
			continue
		}
		_, err := g.system.Save(ctx, canaryPrefix+k.name(), Record{Rev: rev, Body: []byte(retiredBody)})
		switch {
		case errors.Is(err, ErrConflict):
			r.out.Keys[i+1] = InFront
		case err != nil:
			r.out.Keys[i+1] = Needed
			return err
		}
	}
	return nil
}
