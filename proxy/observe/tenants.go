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
	// Checked is when a check last had a result; zero means never.
	Checked time.Time
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

// Tenants returns the metrics of tenants. They are made at each scrape, so that a tenant that is
// gone has none.
func (m *Metrics) Tenants(state func() TenantsState) prometheus.Collector {
	return tenants{state, m.labels}
}

type tenants struct {
	state  func() TenantsState
	labels *labels
}

var (
	works   = prometheus.NewDesc("scim_tenant_works", "1 if the tenant has all that it needs of Keycloak, 0 if a person must act.", []string{"tenant", "realm"}, nil)
	cause   = prometheus.NewDesc("scim_tenant_fault", "1 for each cause that keeps the tenant from working until a person acts.", []string{"tenant", "realm", "cause"}, nil)
	left    = prometheus.NewDesc("scim_token_expires_in_seconds", "Time until the token of a key expires, negative if it has.", []string{"tenant", "realm", "key"}, nil)
	used    = prometheus.NewDesc("scim_token_last_used_timestamp_seconds", "When the token of a key was last used.", []string{"tenant", "realm", "key"}, nil)
	live    = prometheus.NewDesc("scim_tenant_live", "1 if the tenant carries out writes, 0 if it is staged.", []string{"tenant", "realm"}, nil)
	moved   = prometheus.NewDesc("scim_tenant_required_attribute_moved", "1 for each required attribute that lives elsewhere than it did when it was verified.", []string{"tenant", "realm", "attribute"}, nil)
	checked = prometheus.NewDesc("scim_tenant_checked_timestamp_seconds", "When the check of the tenant last had a result.", []string{"tenant", "realm"}, nil)
	files   = prometheus.NewDesc("scim_tenant_files_wrong", "Files of tenants that are wrong; their tenants stay as they were.", nil, nil)
)

// Describe sends the descriptions of the metrics.
func (tenants) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{works, cause, checked, live, moved, files, left, used} {
		to <- d
	}
}

// Collect sends the metrics. Of tenants that have no name, the worst state is sent.
func (t tenants) Collect(to chan<- prometheus.Metric) {
	state, all := t.state(), &gauges{}
	all.set(files, float64(state.WrongFiles), lowest)
	for _, s := range state.All {
		tenant, realm := t.labels.tenant(s.Name, s.Realm)
		s.collect(all, tenant, realm)
	}
	all.send(to)
}

func (s TenantState) collect(all *gauges, tenant, realm string) {
	for _, c := range s.Causes {
		all.set(cause, 1, highest, tenant, realm, c)
	}
	if s.Decided {
		all.set(works, truth(len(s.Causes) == 0), lowest, tenant, realm)
	}
	if !s.Checked.IsZero() {
		all.set(checked, float64(s.Checked.Unix()), lowest, tenant, realm)
	}
	all.set(live, truth(s.Live), lowest, tenant, realm)
	for _, a := range s.Moved {
		all.set(moved, 1, highest, tenant, realm, a)
	}
	for _, k := range s.Keys {
		key := k.ID
		if tenant == other {
			key = other
		}
		if k.Left != nil {
			all.set(left, k.Left.Seconds(), lowest, tenant, realm, key)
		}
		if !k.Used.IsZero() {
			all.set(used, float64(k.Used.Unix()), highest, tenant, realm, key)
		}
	}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
