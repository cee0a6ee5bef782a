package signin

import "context"

// Sweep deletes sessions that have ended.
func (o *OIDC) Sweep(ctx context.Context) error { return o.sessions.sweep(ctx) }
