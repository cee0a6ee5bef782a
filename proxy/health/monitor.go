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
}

// Status is what is known of a tenant.
type Status struct {
	Name, Realm string
	// Asked reports whether a diagnosis has ended.
	Asked bool
	// Faults are those of the last diagnosis that could decide.
	Faults []*fault.Fault
	// Open is why the last diagnosis could not decide, or nil.
	Open error
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
	tenants []Tenant
	wake    chan int
	checked chan struct{}

	mu     sync.Mutex
	status []Status
	at     []time.Time // of the last diagnosis
}

// NewMonitor makes a Monitor that asks nothing before Run. changed gets the first status of each
// tenant, and each that differs from the one before.
func NewMonitor(tenants []Tenant, now func() time.Time, changed func(Status)) *Monitor {
	m := &Monitor{now: now, changed: changed, tenants: tenants, wake: make(chan int, len(tenants)), checked: make(chan struct{}), at: make([]time.Time, len(tenants))}
	for _, t := range tenants {
		m.status = append(m.status, Status{Name: t.Name, Realm: t.Realm})
	}
	return m
}

// Run watches until the context ends.
func (m *Monitor) Run(ctx context.Context) {
	var all []int
	for i := range m.tenants {
		all = append(all, i)
	}
	m.diagnose(ctx, all)
	close(m.checked)
	tick := time.NewTicker(Again)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case i := <-m.wake:
			m.diagnose(ctx, []int{i})
		case <-tick.C:
			m.diagnose(ctx, append(m.failing(), m.due()...))
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
	i := slices.IndexFunc(m.tenants, func(t Tenant) bool { return t.Name == name })
	if i < 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.status[i].Faults) > 0 || m.now().Sub(m.at[i]) < pause {
		return
	}
	m.at[i] = m.now()
	select {
	case m.wake <- i:
	default:
	}
}

// Status is what is known of every tenant.
func (m *Monitor) Status() []Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.status)
}

func (m *Monitor) failing() (some []int) {
	for i, s := range m.Status() {
		if !s.Works() {
			some = append(some, i)
		}
	}
	return some
}

// due returns tenants that work and were not asked for since Recheck. Only a part of all tenants is
// due at the same time, so that the calls to Keycloak are spread.
func (m *Monitor) due() (some []int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	most := 1 + len(m.status)*int(Again)/int(Recheck)
	for i, s := range m.status {
		if len(some) < most && s.Works() && m.now().Sub(m.at[i]) >= Recheck {
			some = append(some, i)
		}
	}
	return some
}

func (m *Monitor) diagnose(ctx context.Context, some []int) {
	var g errgroup.Group
	g.SetLimit(atOnce)
	for _, i := range some {
		g.Go(func() error {
			if report := m.tenants[i].Diagnose(ctx); ctx.Err() == nil {
				m.note(i, report)
			}
			return nil
		})
	}
	_ = g.Wait() // a diagnosis has no error
}

// note keeps a report. One that could not decide leaves the faults that were known.
func (m *Monitor) note(i int, r Report) {
	m.mu.Lock()
	before, s := m.status[i], Status{Name: m.tenants[i].Name, Realm: m.tenants[i].Realm, Asked: true, Faults: r.Faults()}
	if len(s.Faults) == 0 {
		if s.Open = r.Open(); s.Open != nil {
			s.Faults = before.Faults
		}
	}
	m.status[i], m.at[i] = s, m.now()
	m.mu.Unlock()
	if !before.Asked || s.state() != before.state() {
		m.changed(s)
	}
}
