package notices

import (
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy/policy/budget"
)

// Tripped says that the guard of a tenant begins to hold changes.
func (o Operator) Tripped(realm string, e budget.Event) {
	fields := []zap.Field{
		zap.String("tenant", e.Tenant), zap.String("realm", realm), zap.String("kind", e.Kind), zap.Int("counted", e.Spent), zap.Int("requested", e.More),
		zap.Int("known", e.All), zap.Int("count", e.Limit.Count), zap.Int("percent", e.Limit.Percent), zap.Duration("window", e.Window),
	}
	if e.Group != "" {
		fields = append(fields, zap.String("group", e.Group))
	}
	o.Log.Error("the guard holds changes that would end the access of many users: they are 429 until an operator runs scim-proxy guard TENANT release, or never if they are a mistake", fields...)
}

// Holding says that the guard of a tenant held changes before the process was started.
func (o Operator) Holding(realm string, s budget.State) {
	o.Log.Warn("the guard holds changes that would end the access of many users: scim-proxy guard TENANT status",
		zap.String("tenant", s.Tenant), zap.String("realm", realm), zap.Time("since", s.Since))
}

// Released says that an operator has released the guard of a tenant.
func (o Operator) Released(realm string, s budget.State) {
	o.Log.Warn("the guard is released: it holds nothing", zap.String("tenant", s.Tenant), zap.String("realm", realm), zap.Time("until", s.Until), zap.String("by", s.By))
}

// Closed says that the release of the guard of a tenant has ended.
func (o Operator) Closed(tenant, realm string, s budget.State) {
	o.Log.Info("the guard is closed again: changes that end access are counted", zap.String("tenant", tenant), zap.String("realm", realm), zap.String("by", s.By), zap.Time("at", s.At.Truncate(time.Second)))
}

// EventLost says that a webhook did not get an event.
func (o Operator) EventLost(err error) {
	o.Log.Error("an event could not be delivered to the webhook", zap.Error(err))
}
