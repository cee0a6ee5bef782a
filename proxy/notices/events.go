package notices

import (
	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy/events"
	"keycloak-scim-proxy/proxy/events/outbox"
)

// Events says what the operator must know of events and their receivers.
func (o Operator) Events() events.Notices {
	return events.Notices{
		Away: func(receiver, cause string) {
			if cause == "" {
				o.Log.Info("a receiver takes events again", zap.String("receiver", receiver))
				return
			}
			o.Log.Warn("a receiver does not take events now: they wait in the journal until it does", zap.String("receiver", receiver), zap.String("cause", cause))
		},
		Buried: func(l outbox.Letter) {
			o.Log.Error("an event could not be delivered and is a dead letter: scim-proxy events retry sends it again", zap.String("receiver", l.Receiver),
				zap.String("event", l.ID), zap.String("tenant", l.Tenant), zap.String("request", l.Request), zap.String("cause", l.Cause))
		},
		Failed: func(err error) {
			o.Log.Warn("events cannot be read from the store, or what became of them cannot be saved; it is tried again", zap.Error(err))
		},
		Undelivered: func(space string, n int) {
			o.Log.Error("the journal deleted events before all their receivers had got them: journal.days or journal.most is too small, or a receiver was away for too long",
				zap.String("space", space), zap.Int("events", n))
		},
	}
}
