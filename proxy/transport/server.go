package transport

import (
	"cmp"
	"net/http"
	"time"

	"keycloak-scim-proxy/config"
)

// spare is how much longer an answer may take to be written than it may take to begin.
const spare = 30 * time.Second

// Server returns a server with the configured timeouts. longest is the longest time until an answer
// begins.
func Server(t config.Timeouts, longest time.Duration, h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: t.ReadHeader.Std(),
		ReadTimeout:       t.Read.Std(),
		WriteTimeout:      cmp.Or(t.Write.Std(), longest+spare),
		IdleTimeout:       t.Idle.Std(),
		MaxHeaderBytes:    64 << 10,
	}
}
