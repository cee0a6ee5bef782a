package observe

import (
	"sync/atomic"
)

// MostTenants is how many tenants metrics name. All further ones have the label "other".
const MostTenants = 200

// Labels of callers that metrics do not name.
const (
	// other is the tenant, the realm and the key of tenants beyond MostTenants.
	other = "other"
	// elsewhere is the realm of drop-in callers in realms that have no tenant. Such realms are not
	// bounded by the configuration, so they are counted together.
	elsewhere = "*"
)

// Tenancy is a tenant and its realm.
type Tenancy struct{ Tenant, Realm string }

// labels says which tenants metrics name. It is safe for concurrent use.
type labels struct{ now atomic.Pointer[named] }

type named struct {
	tenants map[string]bool // that have a name
	realms  map[string]bool // of all tenants; true if one of them has a name
}

func newLabels() *labels {
	l := &labels{}
	l.now.Store(&named{})
	return l
}

// follow takes all tenants in their configured order. The tenants that have a name keep it as long
// as they exist; the others get the names that are free in their order. It returns the tenants that
// had a name and are gone.
func (l *labels) follow(all []Tenancy) (gone []string) {
	before := l.now.Load().tenants
	next := &named{tenants: map[string]bool{}, realms: map[string]bool{}}
	for _, t := range all {
		if before[t.Tenant] {
			next.tenants[t.Tenant] = true
		}
	}
	for _, t := range all {
		if len(next.tenants) < MostTenants {
			next.tenants[t.Tenant] = true
		}
		next.realms[t.Realm] = next.realms[t.Realm] || next.tenants[t.Tenant]
	}
	l.now.Store(next)
	for name := range before {
		if !next.tenants[name] {
			gone = append(gone, name)
		}
	}
	return gone
}

// tenant returns the labels of a tenant.
func (l *labels) tenant(tenant, realm string) (string, string) {
	if l.now.Load().tenants[tenant] {
		return tenant, realm
	}
	return other, other
}

// realm returns the label of a realm, and reports whether it has a tenant.
func (l *labels) realm(realm string) (label string, known bool) {
	named, known := l.now.Load().realms[realm]
	if named {
		return realm, true
	}
	return other, known
}

// caller returns the labels of a request: drop-in callers have the tenant "realm:NAME", and
// unknown callers have neither tenant nor realm.
func (l *labels) caller(tenant, realm string) (string, string) {
	if realm == "" {
		return tenant, realm
	}
	if tenant != "realm:"+realm {
		return l.tenant(tenant, realm)
	}
	label, known := l.realm(realm)
	switch {
	case !known:
		return "realm:" + elsewhere, elsewhere
	case label == other:
		return other, other
	}
	return tenant, realm
}
