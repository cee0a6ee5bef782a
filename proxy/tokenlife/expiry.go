package tokenlife

import "time"

const day = 24 * time.Hour

// warnings are the times before the expiry at which there is a warning.
var warnings = []time.Duration{30 * day, 7 * day, day, 0}

// stage is the number of warnings that are due.
func stage(left time.Duration) (n int) {
	for _, at := range warnings {
		if left <= at {
			n++
		}
	}
	return n
}

// warn calls Warn for keys with a warning that is due. If several are, there is one.
func (l *Life) warn() {
	told := map[Key]int{}
	for _, k := range l.Keys() {
		if k.Expires.IsZero() {
			continue
		}
		left := k.Expires.Sub(l.Now())
		told[k] = stage(left)
		if told[k] > l.told[k] {
			used, _ := l.Used(k.Name)
			l.Warn(k, left, used)
		}
	}
	l.told = told
}
