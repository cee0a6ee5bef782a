package health

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/keycloak/fault"
)

const (
	// Again is how long after a diagnosis a tenant that does not work is asked for again.
	Again = time.Minute
	// Recheck is how long after a diagnosis a tenant that works is asked for again, because only a
	// diagnosis sees that its account has got rights that it does not need.
	Recheck = time.Hour
	// pause is the least time between two diagnoses of a tenant because of requests.
	pause = 10 * time.Second
	// atOnce is how many tenants are diagnosed at the same time.
	atOnce = 4
)

// Tenant is one to watch.
type Tenant struct {
	Name, Realm string
	Diagnose    func(ctx context.Context) Report
	// Is is comparable. Of a tenant with another Is, nothing is known yet, whatever its name.
	Is any
}

// Status is what is known of a tenant.
type Status struct {
	Name, Realm string
	// Asked reports whether a diagnosis has ended, Decided whether one could decide.
	Asked, Decided bool
	// Faults are those of the last diagnosis that could decide.
	Faults []*fault.Fault
	// Open is why the last diagnosis could not decide, or nil.
	Open error
	// Checked is when the last diagnosis that could decide ended; zero if none could.
	Checked time.Time
	// Report is that of the last diagnosis, which ended At.
	Report Report
	At     time.Time
}

// Works reports whether the tenant has all that it needs, as far as the last diagnosis knows.
func (s Status) Works() bool { return s.Asked && len(s.Faults) == 0 && s.Open == nil }

// state tells two statuses apart that are worth telling.
func (s Status) state() string {
	if len(s.Faults) == 0 && s.Open != nil {
		return "open"
	}
	return strings.Join(s.Causes(), ",")
}

// Causes of the faults, in the order of the steps.
func (s Status) Causes() []string {
	names := make([]string, len(s.Faults))
	for i, f := range s.Faults {
		names[i] = string(f.Cause)
	}
	return names
}

// Monitor watches tenants.
type Monitor struct {
	now     func() time.Time
	changed func(Status)
	wake    chan struct{} // has a value if a tenant is due
	checked chan struct{}

	mu  sync.Mutex
	all []*watched
}

// watched is a tenant with what is known of it. Everything but the tenant is guarded by the
// monitor.
type watched struct {
	Tenant
	status Status
	at     time.Time // of the last diagnosis
	due    bool
}

// NewMonitor makes a Monitor that asks nothing before Run. changed gets the first status of each
// tenant, and each that differs from the one before.
func NewMonitor(tenants []Tenant, now func() time.Time, changed func(Status)) *Monitor {
	m := &Monitor{now: now, changed: changed, wake: make(chan struct{}, 1), checked: make(chan struct{})}
	m.Watch(tenants)
	return m
}

// Watch replaces the tenants. Those that are new or changed are diagnosed at once; those that are
// gone are not asked for any more.
func (m *Monitor) Watch(tenants []Tenant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := map[string]*watched{}
	for _, w := range m.all {
		before[w.Name] = w
	}
	m.all = nil
	for _, t := range tenants {
		w := before[t.Name]
		if w == nil || w.Is != t.Is {
			w = &watched{Tenant: t, status: Status{Name: t.Name, Realm: t.Realm}}
			m.want(w)
		}
		m.all = append(m.all, w)
	}
}

// want lets Run diagnose a tenant. The caller holds the lock.
func (m *Monitor) want(w *watched) {
	w.due = true
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Run watches until the context ends.
func (m *Monitor) Run(ctx context.Context) {
	m.diagnose(ctx, m.which(func(w *watched) bool { return w.due }))
	close(m.checked)
	tick := time.NewTicker(Again)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
			m.diagnose(ctx, m.which(func(w *watched) bool { return w.due }))
		case <-tick.C:
			m.diagnose(ctx, m.which(m.onTick()))
		}
	}
}

// Checked is closed when every tenant was diagnosed once.
func (m *Monitor) Checked() <-chan struct{} { return m.checked }

// Saw takes the error of a request of a tenant. If it is a fault and the tenant worked until now,
// the tenant is diagnosed at once.
func (m *Monitor) Saw(name string, err error) {
	if _, broken := fault.In(err); !broken {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.all, func(w *watched) bool { return w.Name == name })
	if i < 0 || len(m.all[i].status.Faults) > 0 || m.now().Sub(m.all[i].at) < pause {
		return
	}
	m.all[i].at = m.now()
	m.want(m.all[i])
}

// Status is what is known of every tenant.
func (m *Monitor) Status() (all []Status) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.all {
		all = append(all, w.status)
	}
	return all
}

// which returns tenants, which are then not due any more.
func (m *Monitor) which(test func(*watched) bool) (some []*watched) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.all {
		if test(w) {
			w.due = false
			some = append(some, w)
		}
	}
	return some
}

// onTick selects the tenants to diagnose once a minute: those that are due or do not work, and a
// part of those that work and were not asked for since Recheck, so that the calls to Keycloak are
// spread.
func (m *Monitor) onTick() func(*watched) bool {
	rest := -1
	return func(w *watched) bool {
		if rest < 0 {
			rest = 1 + len(m.all)*int(Again)/int(Recheck)
		}
		old := rest > 0 && m.now().Sub(w.at) >= Recheck
		if w.due || !w.status.Works() {
			return true
		}
		if old {
			rest--
		}
		return old
	}
}

func (m *Monitor) diagnose(ctx context.Context, some []*watched) {
	var g errgroup.Group
	g.SetLimit(atOnce)
	for _, w := range some {
		g.Go(func() error {
			if report := w.Diagnose(ctx); ctx.Err() == nil {
				m.note(w, report)
			}
			return nil
		})
	}
	_ = g.Wait() // a diagnosis has no error
}

// note keeps a report, unless the tenant is gone. One that could not decide leaves the faults that
// were known.
func (m *Monitor) note(w *watched, r Report) {
	m.mu.Lock()
	before, s := w.status, Status{Name: w.Name, Realm: w.Realm, Asked: true, Decided: true, Faults: r.Faults(), Checked: m.now(), Report: r, At: m.now()}
	if len(s.Faults) == 0 {
		if s.Open = r.Open(); s.Open != nil {
			s.Faults, s.Decided, s.Checked = before.Faults, before.Decided, before.Checked
		}
	}
	w.status, w.at = s, m.now()
	there := slices.Contains(m.all, w)
	m.mu.Unlock()
	if there && (!before.Asked || s.state() != before.state()) {
		m.changed(s)
	}
}
