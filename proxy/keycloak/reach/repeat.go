package reach

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
)

// Repeat returns a transport that sends a request once more if its connection breaks before an
// answer, and if nothing can have changed: a GET, or a request for a token. It does so within the
// deadline of the request. repeated is called for each.
//
// net/http does the same for a GET if the connection was used before, because then the server may
// have closed it meanwhile. It does not for a new connection, nor for the POST of a token.
func Repeat(next http.RoundTripper, repeated func(context.Context)) http.RoundTripper {
	return repeat{next, repeated}
}

type repeat struct {
	next     http.RoundTripper
	repeated func(context.Context)
}

// RoundTrip sends a request, at most twice.
func (r repeat) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := r.next.RoundTrip(req)
	if err == nil || !changesNothing(req) || !broke(err) || req.Context().Err() != nil {
		return res, err
	}
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		body, failed := req.GetBody()
		if failed != nil {
			return nil, err
		}
		again.Body = body
	}
	r.repeated(req.Context())
	return r.next.RoundTrip(again)
}

// changesNothing reports whether a request may be carried out twice.
func changesNothing(req *http.Request) bool {
	return req.Method == http.MethodGet || req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/protocol/openid-connect/token")
}

// broke reports whether an established connection was lost. A time-out is none, because a second
// try would take as long, and a connection that was refused is none, because Keycloak is down.
func broke(err error) bool {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && !op.Timeout() && (op.Op == "read" || op.Op == "write")
}
