package connections

import (
	"context"
	"log"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"keycloak-scim-proxy/proxy/scim/document"
)

const (
	maxName = 64  // characters of an address
	maxText = 512 // characters of a message
	// maxLines is how many lines a minute has for errors of connections. Whoever can connect can
	// cause one, so that they must not fill a disk.
	maxLines = 20
	minute   = time.Minute
	maxStack = 8192 // characters of a panic
)

// Log logs what a server says. It is safe for concurrent use.
type Log struct {
	to     *zap.Logger
	errors *prometheus.CounterVec

	mu      sync.Mutex
	written int // lines of this minute
	left    int // lines that were left out in this minute
}

// New makes a Log and registers its metric.
func New(to *zap.Logger, r prometheus.Registerer) *Log {
	c := &Log{to: to, errors: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "scim_connection_errors_total", Help: "Connections without a request because of an error, and requests that ended in a panic.",
	}, []string{"kind"})}
	for _, kind := range []string{"tls", "panic", "other"} {
		c.errors.WithLabelValues(kind)
	}
	r.MustRegister(c.errors)
	return c
}

// Logger is for http.Server.ErrorLog.
func (c *Log) Logger() *log.Logger { return log.New(c, "", 0) }

// Write implements io.Writer: each call has one message of the server.
func (c *Log) Write(message []byte) (int, error) {
	kind, level, fields := describe(strings.TrimSuffix(string(message), "\n"))
	c.errors.WithLabelValues(kind).Inc()
	c.mu.Lock()
	full := c.written >= maxLines
	if full {
		c.left++
	} else {
		c.written++
	}
	c.mu.Unlock()
	if !full {
		c.to.Log(level, "connection", fields...)
	}
	return len(message), nil
}

// describe reads a message of net/http. Errors of a handshake are daily business of a public
// address.
func describe(message string) (kind string, level zapcore.Level, fields []zap.Field) {
	for _, form := range []struct {
		prefix, kind string
		level        zapcore.Level
		most         int
	}{
		{"http: TLS handshake error from ", "tls", zap.InfoLevel, maxText},
		{"http: panic serving ", "panic", zap.ErrorLevel, maxStack},
	} {
		if rest, ok := strings.CutPrefix(message, form.prefix); ok {
			address, said, _ := strings.Cut(rest, ": ")
			return form.kind, form.level, []zap.Field{
				zap.String("kind", form.kind), zap.String("address", document.Cut(address, maxName)), zap.String("cause", document.Cut(said, form.most)),
			}
		}
	}
	return "other", zap.WarnLevel, []zap.Field{zap.String("kind", "other"), zap.String("cause", document.Cut(message, maxText))}
}

// Run says once a minute how many lines were left out, until the context ends.
func (c *Log) Run(ctx context.Context) {
	minutes := time.NewTicker(minute)
	defer minutes.Stop()
	defer c.next()
	for {
		select {
		case <-ctx.Done():
			return
		case <-minutes.C:
			c.next()
		}
	}
}

// next begins a minute.
func (c *Log) next() {
	c.mu.Lock()
	left := c.left
	c.written, c.left = 0, 0
	c.mu.Unlock()
	if left > 0 {
		c.to.Warn("more errors of connections in this minute have no line", zap.Int("leftOut", left))
	}
}
