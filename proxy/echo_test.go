package proxy_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/names"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scimhttp"
)

// gate accepts every request.
type gate struct{ route }

func (g gate) Authenticate(*http.Request, map[string]string) (scimhttp.Session, error) {
	decode := names.Examiner{Schemas: scim.CoreSchemas(), Strict: true}.Decode(g.decode.Decode)
	return scimhttp.Session{
		Tenant: "t", Base: "http://proxy/scim/v2", Service: g.service, Decode: decode, Schemas: scim.CoreSchemas(),
		Bulk:      bulk.Runner{Service: g.service, Decode: decode, Workers: 1, Limits: bulk.Limits{Operations: 100, Payload: 1 << 20, Body: 1 << 20, Depth: 64}},
		Discovery: func(context.Context, string) scimhttp.Discovery { return scimhttp.Discovery{} },
	}, nil
}

// A request cannot make its error or its log line long. With 10 KB in every place for a name, a
// value or an id, an error has at most 1 KB and quotes at most 64 characters, and every field of
// the log line is bounded.
func TestEchoesAreBounded(t *testing.T) {
	core, lines := observer.New(zap.DebugLevel)
	var report scimhttp.Report
	door := scimhttp.Door{
		Tenants: gate{newRoute("entra")}, Repair: func(*url.URL) {}, Report: func(_ context.Context, r scimhttp.Report) { report = r },
		Limits: scimhttp.Limits{Body: 1 << 20, Depth: 64, Request: time.Minute},
	}
	handler := door.Handler()
	patch := func(op string) string { return `{"schemas":["` + scim.PatchURN + `"],"Operations":[` + op + `]}` }
	many := func(op string) string { return `{"schemas":["` + bulk.RequestURN + `"],"Operations":[` + op + `]}` }
	for _, unit := range []string{"x", "é", "\x01", `"`} {
		long := strings.Repeat(unit, 10_000/len(unit))
		q, quoted := url.QueryEscape(long), document.Quote(long)
		text := quoted[1 : len(quoted)-1]
		ascii := strings.Repeat("x", 10_000)
		for name, c := range map[string]struct{ method, target, body, header, value string }{
			"id":                       {"GET", "/Users/" + url.PathEscape(long), "", "", ""},
			"endpoint":                 {"GET", "/" + url.PathEscape(long), "", "", ""},
			"discovery":                {"GET", "/Schemas/" + url.PathEscape(long), "", "", ""},
			"method":                   {ascii, "/Users", "", "", ""},
			"method on a resource":     {ascii, "/Users/1", "", "", ""},
			"media type":               {"POST", "/Users", "{}", "Content-Type", "text/" + ascii},
			"encoding":                 {"POST", "/Users", "{}", "Content-Encoding", ascii},
			"filter attribute":         {"GET", "/Users?filter=" + q + "+pr", "", "", ""},
			"filter attribute, ASCII":  {"GET", "/Users?filter=" + ascii + "+pr", "", "", ""},
			"filter sub-attribute":     {"GET", "/Users?filter=name." + ascii + "+pr", "", "", ""},
			"filter value":             {"GET", "/Users?filter=active+eq+" + url.QueryEscape(quoted), "", "", ""},
			"filter operator":          {"GET", "/Users?filter=title+" + q, "", "", ""},
			"attributes":               {"GET", "/Users/1?attributes=" + q + ".1", "", "", ""},
			"excludedAttributes":       {"GET", "/Users/1?excludedAttributes=1" + q, "", "", ""},
			"sortBy":                   {"GET", "/Users?sortBy=" + q + ".1", "", "", ""},
			"sortBy, ASCII":            {"GET", "/Users?sortBy=" + ascii, "", "", ""},
			"sortOrder":                {"GET", "/Users?sortBy=id&sortOrder=" + q, "", "", ""},
			"count":                    {"GET", "/Users?count=" + q, "", "", ""},
			"cursor":                   {"GET", "/Users?sortBy=title&cursor=" + q, "", "", ""},
			"a parameter nobody knows": {"GET", "/Users/" + url.PathEscape(long) + "?" + q + "=" + q, "", "", ""},
			"member given twice":       {"POST", "/Users", `{"` + text + `":1,"` + text + `":1}`, "", ""},
			"extension that is none":   {"POST", "/Users", `{"userName":"u","urn:` + text + `:User":1}`, "", ""},
			"attribute of one":         {"PATCH", "/Users/1", patch(`{"op":"replace","path":"urn:` + ascii + `:User:a.b","value":1},{"op":"replace","path":"urn:` + ascii + `:User:a[x eq 1]","value":1}`), "", ""},
			"unknown name":             {"POST", "/Users", `{"userName":"u","` + strings.ReplaceAll(text, ":", "") + `":1}`, "", ""},
			"PATCH path":               {"PATCH", "/Users/1", patch(`{"op":"replace","path":"` + text + `","value":1}`), "", ""},
			"PATCH path, ASCII":        {"PATCH", "/Users/1", patch(`{"op":"replace","path":"` + ascii + `","value":1}`), "", ""},
			"PATCH path's filter":      {"PATCH", "/Users/1", patch(`{"op":"replace","path":"emails[value eq \"` + ascii + `\"].value","value":1},{"op":"replace","path":"emails[value ne \"` + ascii + `\"].value","value":"x"}`), "", ""},
			"PATCH key":                {"PATCH", "/Users/1", patch(`{"op":"replace","value":{"` + text + `":1}}`), "", ""},
			"op":                       {"PATCH", "/Users/1", patch(`{"op":"` + text + `","path":"title"}`), "", ""},
			"schemas":                  {"POST", "/Users/.search", `{"schemas":["` + text + `"]}`, "", ""},
			"member of a group":        {"PATCH", "/Groups/1", patch(`{"op":"replace","path":"members.` + ascii + `","value":1}`), "", ""},
			"bulk method":              {"POST", "/Bulk", many(`{"method":"` + text + `","path":"/Users"}`), "", ""},
			"bulk path":                {"POST", "/Bulk", many(`{"method":"PATCH","path":"/` + text + `/1","data":{}}`), "", ""},
			"bulk id":                  {"POST", "/Bulk", many(`{"method":"POST","path":"/Users","bulkId":"` + text + `","data":{"userName":5}}`), "", ""},
			"bulk id twice":            {"POST", "/Bulk", many(strings.Repeat(`{"method":"POST","path":"/Users","bulkId":"`+text+`","data":{}},`, 2) + `{"method":"DELETE","path":"/Users/bulkId:` + ascii + `"}`), "", ""},
			"bulk reference":           {"POST", "/Bulk", many(`{"method":"DELETE","path":"/Users/bulkId:` + ascii + `"}`), "", ""},
		} {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/scim/v2"+c.target, strings.NewReader(c.body))
			r.Method = c.method
			if c.header != "" {
				r.Header.Set(c.header, c.value)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			var errs []string
			var answer struct {
				Operations []struct{ Response json.RawMessage }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
				t.Errorf("%s: %v: %s", name, err, w.Body)
			}
			for _, o := range answer.Operations { // the other members have names of the request
				errs = append(errs, string(o.Response))
			}
			if len(errs) == 0 {
				errs = []string{w.Body.String()}
			}
			for _, e := range errs {
				if len(e) > 1024 || !strings.Contains(e, scim.ErrorURN) || strings.Contains(e, strings.Repeat("x", 65)) || strings.Contains(e, strings.Repeat("é", 65)) {
					t.Errorf("%s: %d bytes: %.300s", name, len(e), e)
				}
			}
			observe.NewLog(zap.New(core)).Observe(observe.Summary{
				Tenant: report.Tenant, Verb: report.Verb, Method: r.Method, Path: r.URL.Path, Rules: report.Fired, Skipped: report.Skipped,
				Status: report.Status, ScimType: report.ScimType, Cause: report.Cause,
			}, 0)
		}
	}
	for _, l := range lines.All() {
		for _, f := range l.Context {
			if n := utf8.RuneCountInString(f.String); n > 512 || f.Key != "path" && f.Key != "cause" && n > 64 {
				t.Errorf("%s has %d characters: %.200s", f.Key, n, f.String)
			}
		}
	}
}

// A detail from Keycloak is passed on, and is bounded too.
func TestDetailsOfKeycloakAreBounded(t *testing.T) {
	r := newRoute("generic")
	r.service = protocol.ServiceFunc(func(context.Context, protocol.Call) (protocol.Answer, error) {
		return protocol.Answer{}, &scim.Error{Status: 400, Detail: strings.Repeat("x", 10_000)}
	})
	door := scimhttp.Door{
		Tenants: gate{r}, Repair: func(*url.URL) {}, Report: func(context.Context, scimhttp.Report) {},
		Limits: scimhttp.Limits{Body: 1 << 20, Depth: 64, Request: time.Minute},
	}
	w := httptest.NewRecorder()
	door.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/scim/v2/Users/1", nil))
	if w.Code != 400 || w.Body.Len() > 1200 {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
}
