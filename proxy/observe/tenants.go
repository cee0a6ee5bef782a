package observe

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TenantState is the state of a tenant at the time of a scrape.
type TenantState struct {
	Name, Realm string
	// Decided reports whether it is known if the tenant works.
	Decided bool
	// Causes keep it from working.
	Causes []string
	// Live means that the tenant carries out writes. Moved are its required attributes that live
	// elsewhere than they did when they were verified.
	Live  bool
	Moved []string
	// Keys are those of its tokens that are not revoked.
	Keys []KeyState
}

// KeyState is the state of a key.
type KeyState struct {
	ID string
	// Left is the time until its token expires, negative if it has; nil means that it never does.
	Left *time.Duration
	// Used is when it was last used; zero means that no use is known.
	Used time.Time
}

// TenantsState is the state of all tenants.
type TenantsState struct {
	All []TenantState
	// WrongFiles is the number of files of tenants that cannot be followed.
	WrongFiles int
}

// Tenants has the metrics of tenants. They are made at each scrape, so that a tenant that is gone
// has none.
type Tenants func() TenantsState

var (
	works = prometheus.NewDesc("scim_tenant_works", "1 if the tenant has all that it needs of Keycloak, 0 if a person must act.", []string{"tenant", "realm"}, nil)
	cause = prometheus.NewDesc("scim_tenant_fault", "1 for each cause that keeps the tenant from working until a person acts.", []string{"tenant", "realm", "cause"}, nil)
	left  = prometheus.NewDesc("scim_token_expires_in_seconds", "Time until the token of a key expires, negative if it has.", []string{"tenant", "realm", "key"}, nil)
	used  = prometheus.NewDesc("scim_token_last_used_timestamp_seconds", "When the token of a key was last used.", []string{"tenant", "realm", "key"}, nil)
	live  = prometheus.NewDesc("scim_tenant_live", "1 if the tenant carries out writes, 0 if it is staged.", []string{"tenant", "realm"}, nil)
	moved = prometheus.NewDesc("scim_tenant_required_attribute_moved", "1 for each required attribute that lives elsewhere than it did when it was verified.", []string{"tenant", "realm", "attribute"}, nil)
	files = prometheus.NewDesc("scim_tenant_files_wrong", "Files of tenants that are wrong; their tenants stay as they were.", nil, nil)
)

// Describe sends the descriptions of the metrics.
func (Tenants) Describe(to chan<- *prometheus.Desc) {
	to <- works
	to <- cause
	to <- live
	to <- moved
	to <- files
	to <- left
	to <- used
}

// Collect sends the metrics.
func (t Tenants) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	state := t()
	gauge(files, float64(state.WrongFiles))
	for _, s := range state.All {
		working := 1.0
		for _, c := range s.Causes {
			gauge(cause, 1, s.Name, s.Realm, c)
			working = 0
		}
		if s.Decided {
			gauge(works, working, s.Name, s.Realm)
		}
		isLive := 0.0
		if s.Live {
			isLive = 1
		}
		gauge(live, isLive, s.Name, s.Realm)
		for _, a := range s.Moved {
			gauge(moved, 1, s.Name, s.Realm, a)
		}
		for _, k := range s.Keys {
			if k.Left != nil {
				gauge(left, k.Left.Seconds(), s.Name, s.Realm, k.ID)
			}
			if !k.Used.IsZero() {
				gauge(used, float64(k.Used.Unix()), s.Name, s.Realm, k.ID)
			}
		}
	}
}
