package limit

// Callers returns how many callers are remembered.
func (l *Limiter) Callers() int { return l.seen.Len() }
