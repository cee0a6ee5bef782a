package trial

import (
	"context"
	"net/http"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// Noting returns a Service that tells about each read that was answered, and whether it looked users
// up by a filter. A read of a resource that does not exist was answered too.
func Noting(next protocol.Service, saw func(ctx context.Context, matched bool)) protocol.Service {
	return protocol.ServiceFunc(func(ctx context.Context, c protocol.Call) (protocol.Answer, error) {
		a, err := next.Do(ctx, c)
		if c.Writes() || err != nil && scim.Status(err) != http.StatusNotFound {
			return a, err
		}
		l, list := c.(protocol.List)
		saw(ctx, err == nil && list && l.Query.Type == scim.User && l.Query.Filter != nil)
		return a, err
	})
}
