package budget

import "time"

// Limit is what may be spent within a window: the larger of Count and Percent of all.
type Limit struct{ Count, Percent int }

// exceeded reports whether n of all are too many.
func (l Limit) exceeded(n, all int) bool { return n > l.Count && n*100 > l.Percent*all }

const (
	// parts is into how many parts a window is divided. A change counts for the window and at most
	// one part longer.
	parts = 12
	// mostUsers and mostMembers bound the ids that a ledger remembers as counted, and as held.
	mostUsers, mostMembers = 1000, 250
	// heldFor is how long a change stays held that is not requested any more.
	heldFor = 7 * 24 * time.Hour
	// touch is how old the time of a held change is before a repetition writes it again.
	touch = 6 * time.Hour
)

// ledger counts what was spent of one budget. Times are seconds of Unix time.
type ledger struct {
	// Spent is how many ids were counted, by the beginning of the part of the window.
	Spent map[int64]int `json:"spent,omitempty"`
	// Recent has the part of the window in which an id was counted.
	Recent times `json:"recent,omitempty"`
	// Held has the hour of the last request of each change that is held.
	Held times `json:"held,omitempty"`
	// Full is the time of the last request that was held because Held was full; 0: it was not.
	Full int64 `json:"full,omitempty"`
	// All is how many there are of all, as asked at the time Asked.
	All   int   `json:"all,omitempty"`
	Asked int64 `json:"asked,omitempty"`
	// Name is that of a group with held changes.
	Name string `json:"name,omitempty"`
}

// moment is the time of a decision, with the window that ends there.
type moment struct {
	now          time.Time
	window, part int64
}

func momentOf(now time.Time, window time.Duration) moment {
	w := max(int64(window/time.Second), parts)
	return moment{now, w, w / parts}
}

func (m moment) unix() int64 { return m.now.Unix() }

func (m moment) hour() int64 { return m.unix() - m.unix()%int64(time.Hour/time.Second) }

// current is the beginning of the current part of the window.
func (m moment) current() int64 { return m.unix() - m.unix()%m.part }

// past reports whether a part of a window is over.
func (m moment) past(part int64) bool { return part+m.part <= m.unix()-m.window }

// prune forgets what is over. A time in the future becomes the present.
func (l *ledger) prune(m moment) {
	now := m.current()
	for at, n := range l.Spent {
		switch {
		case m.past(at):
			delete(l.Spent, at)
		case at > now:
			delete(l.Spent, at)
			l.Spent[now] += n
		}
	}
	for id, at := range l.Recent {
		switch {
		case m.past(at):
			delete(l.Recent, id)
		case at > now:
			l.Recent[id] = now
		}
	}
	forgotten := m.unix() - int64(heldFor/time.Second)
	for id, at := range l.Held {
		switch {
		case at < forgotten:
			delete(l.Held, id)
		case at > m.unix():
			l.Held[id] = m.hour()
		}
	}
	if l.Full = min(l.Full, m.unix()); l.Full < forgotten {
		l.Full = 0
	}
	if len(l.Held) == 0 && l.Full == 0 {
		l.Name = ""
	}
	if l.Asked > m.unix() || l.Asked <= m.unix()-m.window {
		l.All, l.Asked = 0, 0
	}
}

// empty reports whether the ledger has nothing to remember.
func (l *ledger) empty() bool { return len(l.Spent)+len(l.Held) == 0 && l.Full == 0 }

func (l *ledger) spent() (n int) {
	for _, some := range l.Spent {
		n += some
	}
	return n
}

// fresh are the ids that were not counted yet.
func (l *ledger) fresh(ids []string) (out []string) {
	for _, id := range ids {
		if _, counted := l.Recent[id]; !counted {
			out = append(out, id)
		}
	}
	return out
}

// spend counts ids. If there are too many to remember, the oldest are forgotten: they stay counted,
// and would be counted again.
func (l *ledger) spend(ids []string, m moment, most int) {
	if l.Spent == nil {
		l.Spent = map[int64]int{}
	}
	if l.Recent == nil {
		l.Recent = times{}
	}
	now := m.current()
	l.Spent[now] += len(ids)
	for _, id := range ids[:min(len(ids), most)] {
		l.Recent[id] = now
	}
	for len(l.Recent) > most {
		oldest := now
		for _, at := range l.Recent {
			oldest = min(oldest, at)
		}
		for id, at := range l.Recent {
			if at == oldest && len(l.Recent) > most {
				delete(l.Recent, id)
			}
		}
	}
}

// holds reports whether one of the ids is held, or everything is.
func (l *ledger) holds(ids []string) bool {
	if l.Full != 0 {
		return true
	}
	for _, id := range ids {
		if _, held := l.Held[id]; held {
			return true
		}
	}
	return false
}

// hold remembers that ids are held, and reports whether that changes the ledger.
func (l *ledger) hold(ids []string, m moment, most int) (changed bool) {
	if l.Held == nil {
		l.Held = times{}
	}
	old := m.unix() - int64(touch/time.Second)
	for _, id := range ids {
		at, known := l.Held[id]
		switch {
		case known && at > old:
		case known || len(l.Held) < most:
			l.Held[id], changed = m.hour(), true
		case l.Full <= old:
			l.Full, changed = m.unix(), true
		}
	}
	return changed
}
