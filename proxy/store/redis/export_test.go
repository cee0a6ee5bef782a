package redis

import "time"

// SetLease changes how long a lock outlives its holder.
func (e *Engine) SetLease(d time.Duration) { e.lease = d }
