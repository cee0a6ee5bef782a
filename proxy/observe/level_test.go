package observe_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/proxy/observe"
)

// The level can be read and changed. Each change is logged, also one to a level that leaves the
// line out.
func TestLevel(t *testing.T) {
	level := zap.NewAtomicLevelAt(zap.InfoLevel)
	core, logs := observer.New(level)
	h := observe.LevelHandler(level, zap.New(core), time.Now)
	for _, row := range []struct {
		method, body string
		status       int
		level, line  string
	}{
		{http.MethodGet, "", 200, "info", ""},
		{http.MethodPut, `{"level":"error"}`, 200, "error", "info error"},
		{http.MethodPut, `{"level":"error"}`, 200, "error", ""},
		{http.MethodPut, `{"level":"loud"}`, 400, "error", ""},
		{http.MethodPut, `{"level":"debug"` + strings.Repeat(" ", 1000) + "}", 400, "error", ""},
		{http.MethodPost, `{"level":"debug"}`, 405, "error", ""},
		{http.MethodPut, `{"level":"debug"}`, 200, "debug", "error debug"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), row.method, "/loglevel", strings.NewReader(row.body)))
		line := ""
		for _, one := range logs.TakeAll() {
			f := one.ContextMap()
			line += f["from"].(string) + " " + f["to"].(string)
		}
		if w.Code != row.status || level.String() != row.level || line != row.line || row.status == 200 && !strings.Contains(w.Body.String(), `"level":"`+row.level+`"`) {
			t.Errorf("%s %.20s: %d %s, level %s, logged %q", row.method, row.body, w.Code, w.Body, level, line)
		}
	}
}
