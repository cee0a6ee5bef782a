package journaling

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// MostPayloads is how long payloads are recorded at most, after one command.
const MostPayloads = time.Hour

// payloadsFresh is how long a process uses what it has read.
const payloadsFresh = 5 * time.Second

// Payloads says whether the bodies of a tenant's requests are recorded in its journal. It is shared
// by all processes.
type Payloads struct {
	Space  store.Space
	Tenant string
	Now    func() time.Time

	mu    sync.Mutex
	read  time.Time
	until time.Time
}

func (p *Payloads) id() string { return "payloads." + p.Tenant }

// Record records bodies from now on for a while, or not any more with 0. It returns until when.
func (p *Payloads) Record(ctx context.Context, d time.Duration) (time.Time, error) {
	if d < 0 || d > MostPayloads {
		return time.Time{}, fmt.Errorf("payloads are recorded for at most %s at a time", MostPayloads)
	}
	until := p.Now().Add(d).UTC()
	body, err := json.Marshal(until)
	if err != nil {
		return until, err
	}
	for {
		now, err := p.Space.Load(ctx, p.id())
		if err != nil {
			return until, err
		}
		_, err = p.Space.Save(ctx, p.id(), store.Record{Rev: now[p.id()].Rev, Body: body})
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.until, p.read = until, p.Now()
		return until, err
	}
}

// On reports whether bodies are recorded now. If that cannot be read, they are not. A nil *Payloads
// records none.
func (p *Payloads) On(ctx context.Context) bool {
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Now()
	if p.read.IsZero() || now.Sub(p.read) >= payloadsFresh || now.Before(p.read) {
		p.read, p.until = now, time.Time{}
		if all, err := p.Space.Load(ctx, p.id()); err == nil {
			_ = json.Unmarshal(all[p.id()].Body, &p.until) // absent: never
		}
	}
	return now.Before(p.until) && p.until.Sub(now) <= MostPayloads
}
