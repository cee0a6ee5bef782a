package turns

// Held returns how many places a caller has.
func (q *Queue) Held(key string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.callers[key]; c != nil {
		return c.held
	}
	return 0
}

// Callers returns how many callers are remembered.
func (q *Queue) Callers() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.callers)
}
