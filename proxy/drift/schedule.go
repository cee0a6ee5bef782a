package drift

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/pause"
)

const (
	// walkTime bounds a walk of the schedule, and walkPause is its pause between pages.
	walkTime  = time.Hour
	walkPause = 200 * time.Millisecond
)

var driftedUsers = prometheus.NewDesc("scim_drift_users", "Users that were changed in Keycloak beside the proxy, as the last walk has found them.", []string{"tenant"}, nil)

// Schedule walks all tenants, one after the other, every so often. It is a collector of metrics: a
// tenant without a walk that ended has none.
type Schedule struct {
	// Every is the time between the begins of two rounds; 0: there are none. The first round begins
	// when it has passed once.
	Every time.Duration
	// Tenants returns the names of all tenants.
	Tenants func() []string
	Place   operating.Places
	// Held reports whether the guard has stopped a tenant, which is then left out. It may be nil.
	Held func(ctx context.Context, tenant string) (bool, error)
	// Done is called after each walk.
	Done func(tenant string, r Report, err error)

	mu    sync.Mutex
	walks map[string]walked
}

// walked is what a walk has found: how many users have drifted.
type walked struct {
	users int
	at    time.Time
}

// Run walks until the context ends.
func (s *Schedule) Run(ctx context.Context) {
	for s.Every > 0 && pause.For(ctx, s.Every) == nil {
		s.round(ctx)
	}
}

func (s *Schedule) round(ctx context.Context) {
	found := map[string]walked{}
	for _, name := range s.Tenants() {
		r, err := s.walk(ctx, name)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, ErrHeld), errors.Is(err, ErrNoJournal):
			continue
		case err == nil:
			found[name] = walked{r.Drifted, time.Now()}
		}
		s.Done(name, r, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.walks = found
}

func (s *Schedule) walk(ctx context.Context, tenant string) (Report, error) {
	ctx, cancel := context.WithTimeout(ctx, walkTime)
	defer cancel()
	place, err := s.Place(ctx, tenant, "")
	if err != nil {
		return Report{}, err
	}
	o := Options{Pause: walkPause}
	if s.Held != nil {
		o.Held = func(ctx context.Context) (bool, error) { return s.Held(ctx, tenant) }
	}
	return Find(ctx, place, o)
}

// Describe sends the description of the metric.
func (s *Schedule) Describe(to chan<- *prometheus.Desc) { to <- driftedUsers }

// Collect sends the metric.
func (s *Schedule) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for tenant, w := range s.walks {
		to <- prometheus.MustNewConstMetric(driftedUsers, prometheus.GaugeValue, float64(w.users), tenant)
	}
}

// Walked returns how many users had drifted at the last walk of a tenant, and when it ended; zero
// if none has ended.
func (s *Schedule) Walked(tenant string) (users int, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.walks[tenant].users, s.walks[tenant].at
}
