package proxy

import (
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/protobuf/proto"

	"keycloak-scim-proxy/proxy/observe"
)

// spans receives spans by OTLP over HTTP.
type spans struct {
	*httptest.Server
	mu  sync.Mutex
	all []*otlp.Span
}

// traced lets the proxies that the test makes export their spans to a receiver.
func traced(t *testing.T) *spans {
	t.Helper()
	s := &spans{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			var err error
			if body, err = gzip.NewReader(body); err != nil {
				t.Error(err)
				return
			}
		}
		b, err := io.ReadAll(body)
		var q collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(b, &q)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL, err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, rs := range q.GetResourceSpans() {
			for _, ss := range rs.GetScopeSpans() {
				s.all = append(s.all, ss.GetSpans()...)
			}
		}
	}))
	t.Cleanup(s.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", s.URL)
	return s
}

// tree has the spans of a trace, indented below their parents; those that have one parent are
// sorted, and equal ones follow each other.
func (s *spans) tree(trace string) string {
	below := map[string][]*otlp.Span{}
	ids := map[string]bool{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.all {
		ids[string(one.GetSpanId())] = true
	}
	for _, one := range s.all {
		if parent := string(one.GetParentSpanId()); hex.EncodeToString(one.GetTraceId()) == trace {
			if !ids[parent] {
				parent = ""
			}
			below[parent] = append(below[parent], one)
		}
	}
	var show func(parent, indent string) string
	show = func(parent, indent string) string {
		var all []string
		for _, one := range below[parent] {
			all = append(all, indent+one.GetName()+"\n"+show(string(one.GetSpanId()), indent+" "))
		}
		slices.Sort(all)
		return strings.Join(all, "")
	}
	return show("", "")
}

// lastTrace returns the trace in the line of the last request.
func lastTrace(logs *observer.ObservedLogs) string {
	all := logs.FilterMessage("request").All()
	trace, _ := all[len(all)-1].ContextMap()["trace"].(string)
	return trace
}

// The spans of a request nest as its layers do, down to the calls to Keycloak; those of a bulk
// request for each operation. Their names have no ids. The last ones are exported at the end.
func TestSpansNest(t *testing.T) {
	receiver := traced(t)
	b := newBench(t, 1)
	core, logs := observer.New(zap.InfoLevel)
	b.proxy.sinks[len(b.proxy.sinks)-1] = observe.NewLog(zap.New(core))
	patch := entraPatch("Byron")
	wants := map[string]string{}
	for _, row := range []struct{ method, path, body, want string }{
		{"GET", benchID, "", `scim get
 writing get
  journal get
   listing get
    overlay get
     keycloak get
      scim GET /realms/{realm}/scim/v2/Users/{id}
     store load
`},
		{"PATCH", benchID, patch, `scim patch
 writing patch
  journal update
   listing update
    overlay update
     keycloak update
      scim GET /realms/{realm}/scim/v2/Users/{id}
      scim PATCH /realms/{realm}/scim/v2/Users/{id}
     store load
     store save
   store save
  store lock
`},
		{"POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[` +
			`{"method":"PATCH","path":"` + benchID + `","data":` + patch + `},{"method":"DELETE","path":"/Groups/g"}]}`, `scim bulk
 writing delete
  journal delete
   listing get
    overlay get
     keycloak get
      scim GET /realms/{realm}/scim/v2/Groups/{id}
      scim GET /realms/{realm}/scim/v2/ServiceProviderConfig
  store lock
 writing patch
  journal update
   listing update
    overlay update
     keycloak update
      scim GET /realms/{realm}/scim/v2/Users/{id}
     store load
  store lock
`},
		{"GET", "/Users?filter=x", "", "scim request\n"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), row.method, "/scim/v2"+row.path, strings.NewReader(row.body))
		r.Header.Set("Authorization", "Bearer "+b.token)
		b.handler.ServeHTTP(httptest.NewRecorder(), r)
		wants[lastTrace(logs)] = row.want
	}
	if err := b.proxy.Close(); err != nil {
		t.Fatal(err)
	}
	for trace, want := range wants {
		if got := receiver.tree(trace); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}

// The trace of a caller is continued if it comes from a trusted proxy, and only then. Keycloak gets
// the proxy's own span as the parent, also of requests that are passed on.
func TestTraceOfTheCaller(t *testing.T) {
	const sent = "0af7651916cd43dd8448eb211c80319c"
	for _, row := range []struct {
		name, trusted, parent string
		on, continued         bool
	}{
		{"a trusted proxy", "127.0.0.1/32", "01", true, true},
		{"a trusted proxy that does not sample", "127.0.0.1/32", "00", true, true},
		{"a stranger", "192.0.2.1/32", "01", true, false},
		{"no traces", "127.0.0.1/32", "01", false, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			var receiver *spans
			if row.on {
				receiver = traced(t)
			}
			upstream := newRecorder(t)
			p, address, log := passing(t, upstream.URL, fmt.Sprintf("trustedProxies: [%q]\n", row.trusted))
			parent := "00-" + sent + "-b7ad6b7169203331-" + row.parent
			say(t, address, request("GET", "/realms/r/account", "Traceparent: "+parent, "Tracestate: vendor=secret"))
			line := <-log
			got := upstream.take()[0].Header
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			passed := got.Get("Traceparent")
			if !row.on {
				if passed != parent || got.Get("Tracestate") != "vendor=secret" || strings.Contains(line, `"trace"`) {
					t.Errorf("passed on %v, logged %s", got, line)
				}
				return
			}
			trace, span, _ := strings.Cut(strings.TrimPrefix(passed, "00-"), "-")
			if (trace == sent) != row.continued || passed == parent || !strings.Contains(line, `"trace":"`+trace+`"`) {
				t.Errorf("passed on %s, logged %s", passed, line)
			}
			if state := got.Get("Tracestate"); (state == "vendor=secret") != row.continued {
				t.Errorf("passed on the state %q", state)
			}
			want := "scim passthrough\n passthrough\n"
			if row.parent == "00" {
				want = ""
			}
			if tree := receiver.tree(trace); tree != want {
				t.Errorf("%s\nwant\n%s", tree, want)
			}
			for _, one := range receiver.all {
				if id := hex.EncodeToString(one.GetSpanId()); one.GetName() == "passthrough" && !strings.HasPrefix(span, id) {
					t.Errorf("Keycloak's parent is %s, not %s", span, id)
				}
			}
		})
	}
}

// With traces, the durations of requests have the trace as exemplar.
func TestExemplars(t *testing.T) {
	traced(t)
	b := newBench(t, 1)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", "application/openmetrics-text")
	w := httptest.NewRecorder()
	b.proxy.adminHandler().ServeHTTP(w, r)
	if !regexp.MustCompile(`scim_request_duration_seconds_bucket{call="create",.*} 1 # {trace_id="[0-9a-f]{32}"}`).MatchString(w.Body.String()) {
		t.Errorf("no exemplar in\n%s", w.Body)
	}
}
