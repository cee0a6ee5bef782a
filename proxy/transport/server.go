package transport

import (
	"cmp"
	"log"
	"net/http"
	"time"

	"keycloak-scim-proxy/config"
)

// spare is how much longer an answer may take to be written than it may take to begin.
const spare = 30 * time.Second

// maxHeader bounds the header of a request, in bytes. net/http reads 4 KiB more before it answers
// 431.
const maxHeader = 64 << 10

// Server returns a server with the configured timeouts. longest is the longest time until an answer
// begins. errors receives errors of connections. It speaks HTTP/1.1 only: a connection has one
// request at a time, which is what the timeouts bound.
func Server(t config.Timeouts, longest time.Duration, h http.Handler, errors *log.Logger) *http.Server {
	only := new(http.Protocols)
	only.SetHTTP1(true)
	return &http.Server{
		Handler:           h,
		ErrorLog:          errors,
		Protocols:         only,
		ReadHeaderTimeout: t.ReadHeader.Std(),
		ReadTimeout:       t.Read.Std(),
		WriteTimeout:      cmp.Or(t.Write.Std(), longest+spare),
		IdleTimeout:       t.Idle.Std(),
		MaxHeaderBytes:    maxHeader,
	}
}
