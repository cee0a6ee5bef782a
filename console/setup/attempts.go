package setup

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// wrongPerMinute is how many wrong links of one address get an answer in a minute.
	wrongPerMinute = 20
	// mostAddresses and mostForms bound what is remembered. If it is full, it is forgotten.
	mostAddresses = 10_000
	mostForms     = 10_000
)

// attempts counts wrong links by address, and remembers forms that were sent.
type attempts struct {
	now func() time.Time

	mu    sync.Mutex
	since time.Time
	wrong map[string]int
	sent  map[string]struct{}
	older map[string]struct{}
	turn  time.Time
}

// allow counts a wrong link of an address, and reports whether it gets an answer.
func (a *attempts) allow(address string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.now(); a.wrong == nil || now.Sub(a.since) >= time.Minute || len(a.wrong) >= mostAddresses {
		a.since, a.wrong = now, map[string]int{}
	}
	key := network(address)
	a.wrong[key]++
	return a.wrong[key] <= wrongPerMinute
}

// network is the part of an address that one client has: all of IPv4, 64 bits of IPv6.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	p, err := ip.Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}

// once reports whether a form was not sent before, to this process within its time.
func (a *attempts) once(form string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.now(); a.sent == nil || now.Sub(a.turn) > time.Hour || len(a.sent) >= mostForms {
		a.older, a.sent, a.turn = a.sent, map[string]struct{}{}, now
	}
	_, is := a.sent[form]
	_, was := a.older[form]
	a.sent[form] = struct{}{}
	return !is && !was
}
