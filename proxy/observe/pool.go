package observe

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

// Pool reports the level of the pool of groups of a tenant.
type Pool struct {
	Metrics       *Metrics
	Log           *zap.Logger
	Tenant, Realm string
}

// Changed takes how many groups of the pool are free, of how many, and the state that this is; ""
// is good. If the state is news, and not good, it is logged.
func (p Pool) Changed(free, all int, state string, news bool) {
	p.Metrics.levels.set(Tenancy{p.Tenant, p.Realm}, func(l *level) { l.free, l.groups = &free, all })
	if news && state != "" {
		p.Log.Warn("the pool of free groups is "+state+": add groups to it; without a free group, a create of a group is 503",
			zap.String("tenant", p.Tenant), zap.String("realm", p.Realm), zap.Int("free", free), zap.Int("groups", all))
	}
}

var (
	sharedUsers = prometheus.NewDesc("scim_tenant_shared_users", "Users of a group tenant that other tenants have too, so that no tenant reaches them.", []string{"tenant", "realm"}, nil)
	poolFree    = prometheus.NewDesc("scim_tenant_pool_free", "Free groups in the pool of a group tenant.", []string{"tenant", "realm"}, nil)
	poolGroups  = prometheus.NewDesc("scim_tenant_pool_groups", "All groups in the pool of a group tenant, used and free.", []string{"tenant", "realm"}, nil)
)

// levels has the metrics of group tenants that requests notice.
type levels struct {
	labels *labels
	mu     sync.Mutex
	all    map[Tenancy]*level
}

// level is what was last noticed of a tenant; nil means nothing.
type level struct {
	shared *int
	free   *int
	groups int
}

func newLevels(l *labels) *levels { return &levels{labels: l, all: map[Tenancy]*level{}} }

func (l *levels) set(t Tenancy, change func(*level)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all[t] == nil {
		l.all[t] = &level{}
	}
	change(l.all[t])
}

// keep removes the tenants that are gone.
func (l *levels) keep(all []Tenancy) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := make(map[Tenancy]*level, len(l.all))
	for _, t := range all {
		if one := l.all[t]; one != nil {
			kept[t] = one
		}
	}
	l.all = kept
}

// Describe sends the descriptions of the metrics.
func (l *levels) Describe(to chan<- *prometheus.Desc) {
	to <- sharedUsers
	to <- poolFree
	to <- poolGroups
}

// Collect sends the metrics. Of tenants that have no name, it sends the sum of the shared users and
// the pool with the fewest free groups.
func (l *levels) Collect(to chan<- prometheus.Metric) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all, pools := &gauges{}, map[Tenancy]*level{}
	for t, one := range l.all {
		tenant, realm := l.labels.tenant(t.Tenant, t.Realm)
		if one.shared != nil {
			all.set(sharedUsers, float64(*one.shared), total, tenant, realm)
		}
		label := Tenancy{tenant, realm}
		if fewest := pools[label]; one.free != nil && (fewest == nil || *one.free < *fewest.free) {
			pools[label] = one
		}
	}
	for t, one := range pools {
		all.set(poolFree, float64(*one.free), lowest, t.Tenant, t.Realm)
		all.set(poolGroups, float64(one.groups), lowest, t.Tenant, t.Realm)
	}
	all.send(to)
}
