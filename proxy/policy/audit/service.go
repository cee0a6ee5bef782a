package audit

import (
	"context"
	"time"

	"keycloak-scim-proxy/proxy/protocol"
)

// Who is the caller of a write.
type Who struct {
	// Tenant and Realm are names.
	Tenant string `json:"tenant"`
	Realm  string `json:"realm"`
	// Key is the id of the key of the caller's token, Client the OAuth client that an access token
	// was issued to, Subject the subject of a drop-in token. Those that the caller does not have
	// are empty.
	Key     string `json:"key,omitempty"`
	Client  string `json:"client,omitempty"`
	Subject string `json:"subject,omitempty"`
}

// Options say what is written.
type Options struct {
	// Trail is what the lines are written to. Nil: nothing is written.
	Trail *Trail
	Now   func() time.Time
	// RequestID returns the id of a request, from its context.
	RequestID func(context.Context) string
}

// Service writes a line for each write of a caller to the service below. Without a trail it is the
// service below.
func (o Options) Service(below protocol.Service, who Who) protocol.Service {
	if o.Trail == nil {
		return below
	}
	return protocol.ServiceFunc(func(ctx context.Context, c protocol.Call) (protocol.Answer, error) {
		a, err := below.Do(ctx, c)
		if c.Writes() {
			e := entryOf(c, a, err, o.Trail.values)
			e.Time, e.Who, e.Request = o.Now().UTC(), who, o.RequestID(ctx)
			o.Trail.put(e.line())
		}
		return a, err
	})
}
