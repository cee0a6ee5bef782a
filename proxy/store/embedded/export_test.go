package embedded

import "runtime"

// HoldWriter takes the writer's turn until release is called.
func HoldWriter(e *Engine) (release func()) {
	e.writer.turn.Lock()
	return e.writer.turn.Unlock
}

// AwaitQueue returns when n writes wait.
func AwaitQueue(e *Engine, n int) { e.writer.awaitQueue(n) }

func (w *writer) awaitQueue(n int) {
	for {
		w.mu.Lock()
		waiting := len(w.queue)
		w.mu.Unlock()
		if waiting == n {
			return
		}
		runtime.Gosched()
	}
}

// InPlace reports whether no other file has taken the place of the engine's.
func InPlace(e *Engine) bool { return e.file.inPlace() }
