package events

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/webhook"
)

// metrics are those of events. The label receiver has names of the configuration only.
type metrics struct {
	pending, oldest, dead   *prometheus.GaugeVec
	requests, letters, poll *prometheus.CounterVec
	undelivered             prometheus.Counter
}

func newMetrics(all []config.Receiver, to prometheus.Registerer) *metrics {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{"receiver"})
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"receiver"}, labels...))
	}
	m := &metrics{
		pending:  gauge("scim_events_pending", "Events that a receiver has not got yet, as of the last look at the store, once a minute."),
		oldest:   gauge("scim_events_oldest_seconds", "How long the oldest event waits for a receiver; 0 if none does."),
		dead:     gauge("scim_events_dead", "Events that could not be delivered to a receiver: scim-proxy events dead lists them."),
		requests: counter("scim_events_requests_total", "Requests to webhooks, by what became of them.", "result"),
		letters:  counter("scim_events_buried_total", "Events that this process gave up."),
		poll:     counter("scim_events_polls_total", "Polls of receivers, by what became of them.", "result"),
		undelivered: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "scim_events_undelivered_total", Help: "Events that the journal deleted, because they were too old, before their receivers had got them.",
		}),
	}
	for _, r := range all {
		m.pending.WithLabelValues(r.Name)
		m.oldest.WithLabelValues(r.Name)
		m.dead.WithLabelValues(r.Name)
		m.letters.WithLabelValues(r.Name)
		if r.Webhook != nil {
			for _, v := range []webhook.Verdict{webhook.Delivered, webhook.Away, webhook.Failed, webhook.Refused} {
				m.requests.WithLabelValues(r.Name, string(v))
			}
		} else {
			for _, v := range []string{"answered", "unauthorized", "wrong", "failed"} {
				m.poll.WithLabelValues(r.Name, v)
			}
		}
	}
	to.MustRegister(m.pending, m.oldest, m.dead, m.requests, m.letters, m.poll, m.undelivered)
	return m
}

func (m *metrics) sent(receiver string, v webhook.Verdict) {
	m.requests.WithLabelValues(receiver, string(v)).Inc()
}
func (m *metrics) buried(receiver string)         { m.letters.WithLabelValues(receiver).Inc() }
func (m *metrics) polled(receiver, result string) { m.poll.WithLabelValues(receiver, result).Inc() }

// survey counts what waits. A store that cannot be read leaves the numbers as they are.
func (e *Events) survey(ctx context.Context) {
	logs := e.known()
	for _, r := range e.receivers {
		pending, dead, oldest := 0, 0, time.Time{}
		for _, l := range logs {
			first, n, err := l.Pending(ctx, r.Name, 1)
			if err != nil {
				return
			}
			_, buried, err := l.Dead(ctx, r.Name, 0)
			if err != nil {
				return
			}
			pending, dead = pending+n, dead+buried
			if len(first) > 0 && (oldest.IsZero() || first[0].Ended.Before(oldest)) {
				oldest = first[0].Ended
			}
		}
		e.metrics.pending.WithLabelValues(r.Name).Set(float64(pending))
		e.metrics.dead.WithLabelValues(r.Name).Set(float64(dead))
		age := 0.0
		if !oldest.IsZero() {
			age = max(e.now().Sub(oldest).Seconds(), 0)
		}
		e.metrics.oldest.WithLabelValues(r.Name).Set(age)
	}
}
