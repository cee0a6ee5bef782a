package observe_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/observe"
)

// ids keeps the ids of requests.
type ids []string

func (i *ids) Observe(s observe.Summary, _ time.Duration) { *i = append(*i, s.RequestID) }

// The caller's id of a request is used if it is one, and short. It is in the answer, in the context
// and in the record.
func TestRequestID(t *testing.T) {
	for name, row := range map[string]struct {
		sent []string
		want string
	}{
		"none":              {nil, "made"},
		"a UUID":            {[]string{"5b0e6f5e-6c8f-4d55-9f0a-1f9d0f5a6e11"}, "5b0e6f5e-6c8f-4d55-9f0a-1f9d0f5a6e11"},
		"the longest":       {[]string{strings.Repeat("a", 64)}, strings.Repeat("a", 64)},
		"too long":          {[]string{strings.Repeat("a", 65)}, "made"},
		"empty":             {[]string{""}, "made"},
		"two":               {[]string{"a", "b"}, "made"},
		"a line break":      {[]string{"a\nb"}, "made"},
		"one at the end":    {[]string{"a\n"}, "made"},
		"markup":            {[]string{"<script>"}, "made"},
		"a quote":           {[]string{`a"b`}, "made"},
		"beyond ASCII":      {[]string{"é"}, "made"},
		"an e-mail address": {[]string{"ada@example.com"}, "made"},
	} {
		var got ids
		e := observe.Entrance{Now: time.Now, NewID: func() string { return "made" }, Sinks: []observe.Sink{&got}}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header["X-Request-Id"] = row.sent
		w, inside := httptest.NewRecorder(), ""
		e.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inside = observe.RequestID(r.Context()) })).ServeHTTP(w, r)
		if w.Header().Get("X-Request-Id") != row.want || inside != row.want || len(got) != 1 || got[0] != row.want {
			t.Errorf("%s: %q, %q and %q, want %q", name, w.Header().Get("X-Request-Id"), inside, got, row.want)
		}
	}
}
