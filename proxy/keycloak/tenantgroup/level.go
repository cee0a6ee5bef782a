package tenantgroup

// Level is how many groups of a pool are free, and how many groups there are: those of the tenant
// and the free ones.
type Level struct{ Free, All int }

// State says whether a pool has enough free groups.
type State string

// The states.
const (
	Enough State = ""
	Low    State = "low"
	Empty  State = "empty"
)

const (
	// fewFree is the number of free groups below which a pool is low. It is also low if less than
	// one of lowShare groups is free.
	fewFree  = 3
	lowShare = 10
)

// State returns the state of a pool.
func (l Level) State() State {
	switch {
	case l.Free == 0:
		return Empty
	case l.Free < fewFree || l.Free*lowShare < l.All:
		return Low
	}
	return Enough
}

// Watch calls changed with the level of the pool whenever a read shows that it has changed; news
// says that its state has changed too, or is not known yet. No request is sent for it. It must be
// called before the group is used, and may be called for several tenants of the group.
func (g *Group) Watch(changed func(is Level, news bool)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watchers = append(g.watchers, changed)
}

// levelOf is the level of a pool with these groups.
func levelOf(all []Child) (l Level) {
	for _, c := range all {
		switch {
		case isNote(c.Name):
			continue
		case Free(c.Name):
			l.Free++
		}
		l.All++
	}
	return l
}

// reached takes the level that a read has shown.
func (g *Group) reached(is Level) {
	g.mu.Lock()
	was, watchers := g.level, g.watchers
	g.level = &is
	g.mu.Unlock()
	if was != nil && *was == is {
		return
	}
	for _, changed := range watchers {
		changed(is, was == nil || was.State() != is.State())
	}
}
