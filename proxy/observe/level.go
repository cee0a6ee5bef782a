package observe

import (
	"net/http"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// LevelHandler answers GET with the level of a log, and changes it by PUT, as zap.AtomicLevel does:
// {"level":"debug"}. A change is logged whatever the level.
func LevelHandler(level zap.AtomicLevel, log *zap.Logger, now func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before := level.Level()
		r.Body = http.MaxBytesReader(w, r.Body, maxText)
		level.ServeHTTP(w, r)
		if after := level.Level(); after != before {
			// by the core, because the logger leaves lines below its level out
			_ = log.Core().Write(zapcore.Entry{Level: zap.InfoLevel, Time: now(), Message: "the level of the log was changed"},
				[]zap.Field{zap.Stringer("from", before), zap.Stringer("to", after)})
		}
	})
}
