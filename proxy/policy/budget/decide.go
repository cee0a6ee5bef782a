package budget

import (
	"context"
)

// freshFor is how many seconds the number of all is used before a change is held by it. Until then
// a tenant or a group may have grown.
const freshFor = 60

// verdict is what a ledger says of a change.
type verdict struct {
	allowed bool
	more    int  // how much the change adds to what was spent
	changed bool // the ledger must be saved
}

// decide spends what a change needs, if the ledger has it left.
func decide(ctx context.Context, l *ledger, c change, m moment) (v verdict, err error) {
	fresh := l.fresh(c.ids)
	v.more = len(fresh)
	if l.holds(c.ids) {
		return v, nil
	}
	if len(fresh) == 0 {
		return verdict{allowed: true}, nil
	}
	n := l.spent() + len(fresh)
	exceeded := func() bool { return c.limit.exceeded(n, l.All) }
	if n > c.limit.Count && (l.Asked == 0 || exceeded() && m.unix()-l.Asked >= freshFor) {
		if l.All, err = c.all(ctx); err != nil {
			return v, err
		}
		if c.group != "" {
			l.All += l.spent() // the group has lost them already
		}
		l.Asked, v.changed = m.unix(), true
	}
	if n > c.limit.Count && exceeded() {
		return v, nil
	}
	l.spend(fresh, m, c.most)
	return verdict{allowed: true, more: v.more, changed: true}, nil
}
