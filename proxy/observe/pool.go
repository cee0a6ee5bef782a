package observe

import "go.uber.org/zap"

// Pool reports the level of the pool of groups of a tenant.
type Pool struct {
	Metrics       *Metrics
	Log           *zap.Logger
	Tenant, Realm string
}

// Changed takes how many groups of the pool are free, of how many, and the state that this is; ""
// is good. If the state is news, and not good, it is logged.
func (p Pool) Changed(free, all int, state string, news bool) {
	p.Metrics.free.WithLabelValues(p.Tenant, p.Realm).Set(float64(free))
	p.Metrics.groups.WithLabelValues(p.Tenant, p.Realm).Set(float64(all))
	if news && state != "" {
		p.Log.Warn("the pool of free groups is "+state+": add groups to it; without a free group, a create of a group is 503",
			zap.String("tenant", p.Tenant), zap.String("realm", p.Realm), zap.Int("free", free), zap.Int("groups", all))
	}
}
