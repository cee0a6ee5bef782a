package storesize

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// storeAge is how long the size of the store is used before it is read again. storeTimeout bounds a
// reading, so that a store that hangs does not fail a scrape.
const storeAge, storeTimeout = time.Minute, 2 * time.Second

var storeSize = prometheus.NewDesc("scim_store_size_bytes", "Bytes that the store uses: those in use in the embedded file, or the memory of Redis.", nil, nil)
var storeLimit = prometheus.NewDesc("scim_store_limit_bytes", "Bytes that the store may use: the embedded file and the free space of its disk, or maxmemory of Redis.", nil, nil)

// Metrics has the metrics of the size of the store. It is read at a scrape, at most once a minute.
// A store that cannot be read has no metrics, and one without a limit has no limit.
type Metrics struct {
	usage       func(context.Context) (size, limit int64, err error)
	now         func() time.Time
	mu          sync.Mutex
	read        time.Time
	size, limit int64
	err         error
}

// New returns the metrics of a store. A limit of 0 means that there is none.
func New(usage func(context.Context) (size, limit int64, err error), now func() time.Time) *Metrics {
	return &Metrics{usage: usage, now: now}
}

// Describe sends the descriptions of the metrics.
func (s *Metrics) Describe(to chan<- *prometheus.Desc) {
	to <- storeSize
	to <- storeLimit
}

// Collect sends the metrics.
func (s *Metrics) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); s.read.IsZero() || now.Sub(s.read) >= storeAge {
		ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
		defer cancel()
		s.size, s.limit, s.err = s.usage(ctx)
		s.read = now
	}
	if s.err == nil {
		to <- prometheus.MustNewConstMetric(storeSize, prometheus.GaugeValue, float64(s.size))
	}
	if s.err == nil && s.limit > 0 {
		to <- prometheus.MustNewConstMetric(storeLimit, prometheus.GaugeValue, float64(s.limit))
	}
}
