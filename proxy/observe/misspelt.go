package observe

import (
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy/scim/document"
)

// Bounds of what Misspelt remembers.
const (
	maxWarned  = 100 // names of a tenant; further ones are not told
	maxTenants = 10_000
)

// Misspelt warns once per tenant of each name that was kept and looks like a misspelt one.
type Misspelt struct {
	to     *zap.Logger
	mu     sync.Mutex
	warned map[string]map[string]bool // by tenant
}

// NewMisspelt makes a Misspelt.
func NewMisspelt(to *zap.Logger) *Misspelt {
	return &Misspelt{to: to, warned: map[string]map[string]bool{}}
}

// Observe writes the warnings.
func (m *Misspelt) Observe(s Summary, _ time.Duration) {
	if s.Status >= 400 { // nothing was kept
		return
	}
	for _, one := range s.Misspelt {
		if m.first(s.Tenant, one.Name) {
			m.to.Warn("an attribute that no schema defines is kept: is it misspelt?", zap.String("tenant", document.Cut(s.Tenant, maxName)),
				zap.String("name", document.Cut(one.Name, maxText)), zap.String("looksLike", one.Like), zap.String("request", s.RequestID))
		}
	}
}

// first reports whether the tenant has not been warned of the name.
func (m *Misspelt) first(tenant, name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := m.warned[tenant]
	name = strings.ToLower(name)
	if names[name] || len(names) >= maxWarned || names == nil && len(m.warned) >= maxTenants {
		return false
	}
	if names == nil {
		names = map[string]bool{}
		m.warned[tenant] = names
	}
	names[name] = true
	return true
}
