package proxy

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/observe"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// Each request has one log line and is counted, under its tenant if the caller is known. Invented
// names do not become labels.
func TestLogLineAndMetrics(t *testing.T) {
	p, upstream, tokens := serving(t)
	core, logs := observer.New(zap.DebugLevel)
	p.sinks[len(p.sinks)-1], p.newID = observe.NewLog(zap.New(core)), func() string { return "id" }
	var ticks atomic.Int64
	p.now = func() time.Time { return time.Time{}.Add(time.Duration(ticks.Add(1)) * time.Millisecond) }
	h, play := p.Handler(), upstream.answer
	patch := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"}]}`
	for i, row := range []struct {
		name, method, path, token, body string
		answers                         int // status of every answer of Keycloak's, or 0
		want                            string
	}{
		{"answered", "GET", "/scim/v2/ServiceProviderConfig", "acme", "", 0,
			"info call=discovery cause= method=GET path=/scim/v2/ServiceProviderConfig realm=acme-realm scimType= status=200 tenant=acme key=k1"},
		{"no token", "GET", "/tenants/acme/scim/v2/Users", "", "", 0,
			"info call= cause=401 a bearer token is required method=GET path=/tenants/acme/scim/v2/Users realm= scimType= status=401 tenant="},
		{"another tenant's token", "GET", "/tenants/acme/scim/v2/Users", "globex", "", 0,
			"info call= cause=401 the bearer token is not valid here method=GET path=/tenants/acme/scim/v2/Users realm= scimType= status=401 tenant="},
		{"no endpoint", "GET", "/elsewhere?secret=1", "acme", "", 0,
			"info call= cause=404 no such endpoint method=GET path=/elsewhere realm= scimType= status=404 tenant="},
		{"refused", "GET", "/scim/v2/Users?filter=x", "acme", "", 0,
			"info call= cause=400 invalidFilter: … method=GET path=/scim/v2/Users realm=acme-realm scimType=invalidFilter status=400 tenant=acme key=k1"},
		{"a dialect's rules", "PATCH", "/scim/v2/Users/u", "acme", patch, 0,
			"info call=patch cause=403 Keycloak does not allow this: Keycloak answered 403 method=PATCH path=/scim/v2/Users/u realm=acme-realm scimType= status=403 tenant=acme key=k1 idp=generic rules=[op-names text-booleans]"},
		{"an account that lacks its role", "GET", "/scim/v2/Groups/g", "globex", "", 403,
			"warn call=get cause=500 … method=GET path=/scim/v2/Groups/g realm=globex-realm scimType= status=500 tenant=globex key=k1 fault=role remedy=give it the role …"},
		{"Keycloak is down", "GET", "/scim/v2/Users", "globex", "", 503,
			"warn call=list cause=503 … method=GET path=/scim/v2/Users realm=globex-realm scimType= status=503 tenant=globex key=k1"},
		{"Keycloak went down", "GET", "/scim/v2/Users", "acme", "", 503,
			"warn call=list cause=503 … method=GET path=/scim/v2/Users realm=acme-realm scimType= status=503 tenant=acme key=k1"},
	} {
		upstream.answer = play
		if row.answers != 0 {
			upstream.answer = func(w http.ResponseWriter, r *http.Request) {
				if row.answers == http.StatusForbidden && strings.HasSuffix(r.URL.Path, "/token") {
					play(w, r)
					return
				}
				w.WriteHeader(row.answers)
			}
		}
		r := httptest.NewRequest(row.method, row.path, strings.NewReader(row.body))
		if row.token != "" {
			r.Header.Set("Authorization", "Bearer "+tokens[row.token])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if id := w.Header().Get("X-Request-Id"); id != "id" {
			t.Errorf("%s: X-Request-Id %q", row.name, id)
		}
		lines := logs.FilterMessage("request").All()
		if len(lines) != i+1 {
			t.Fatalf("%s: %d lines", row.name, len(lines)-i)
		}
		if got := lineText(lines[i]); !regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(row.want), "…", ".*") + "$").MatchString(got) {
			t.Errorf("%s: %s\nwant %s", row.name, got, row.want)
		}
	}
	w := httptest.NewRecorder()
	p.adminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, line := range []string{
		`scim_request_duration_seconds_count{call="discovery",realm="acme-realm",status="200",tenant="acme"} 1`,
		`scim_request_duration_seconds_count{call="",realm="",status="401",tenant=""} 2`,
		`scim_request_duration_seconds_count{call="",realm="",status="404",tenant=""} 1`,
		`scim_request_duration_seconds_count{call="",realm="acme-realm",status="400",tenant="acme"} 1`,
		`scim_request_duration_seconds_count{call="patch",realm="acme-realm",status="403",tenant="acme"} 1`,
		`scim_request_duration_seconds_count{call="list",realm="globex-realm",status="503",tenant="globex"} 1`,
		`scim_request_duration_seconds_count{call="get",realm="globex-realm",status="500",tenant="globex"} 1`,
		`scim_rules_fired_total{idp="generic",realm="acme-realm",rule="op-names",tenant="acme"} 1`,
		`scim_rules_fired_total{idp="generic",realm="acme-realm",rule="text-booleans",tenant="acme"} 1`,
	} {
		if !strings.Contains(w.Body.String(), line+"\n") {
			t.Errorf("/metrics has no %s in\n%s", line, w.Body)
		}
	}
}

// lineText formats a log line without the fields that depend on time.
func lineText(e observer.LoggedEntry) string {
	fields := e.ContextMap()
	text := e.Level.String()
	for _, key := range []string{"call", "cause", "method", "path", "realm", "scimType", "status", "tenant", "key", "idp", "rules", "fault", "remedy"} {
		value, ok := fields[key]
		delete(fields, key)
		switch {
		case ok:
			text += " " + key + "=" + fmt.Sprint(value)
		case !slices.Contains([]string{"key", "idp", "rules", "fault", "remedy"}, key):
			text += " " + key + "="
		}
	}
	delete(fields, "adminCalls")
	if fields["address"] != "192.0.2.1" { // that of httptest
		text += " of " + fmt.Sprint(fields["address"])
	}
	delete(fields, "address")
	if rest := slices.Sorted(maps.Keys(fields)); !slices.Equal(rest, []string{"keycloakCalls", "keycloakTook", "request", "took"}) {
		text += " and " + strings.Join(rest, " ")
	}
	return text
}
