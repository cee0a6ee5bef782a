package proxy_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/discovery"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/writing"
)

var update = flag.Bool("update", false, "write what the door answers into testdata/door: read it")

// TestDoor sends the requests of testdata/door to a Door over an in-memory directory, and compares
// all answers.
//
// An exchange is "### name", the request after ">", the answer after "<" and the report for log and
// metrics after "*". Each exchange has its own directory with the users user-1 (ada) and user-2
// (bob), and the group group-3 of ada.
//
// Common headers are left out: a request has "Authorization: Bearer good" unless the file has
// another, and each answer has "Cache-Control: no-store", "X-Content-Type-Options: nosniff" and, if
// it has a body, "Content-Type: application/scim+json". A time is written T, a cursor C, the hash
// of a version v, and that of members m. {ETag} in a request is the version in the answer to a GET
// of its URL.
func TestDoor(t *testing.T) {
	files, err := filepath.Glob("testdata/door/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head, rest, _ := strings.Cut(string(text), "### ")
		written := head
		for want := range strings.SplitSeq(rest, "\n### ") {
			name, lines, _ := strings.Cut(strings.TrimSpace(want), "\n")
			ask := prefixed(lines, ">")
			got := "### " + name + "\n" + prefix(ask, ">") + exchange(t, ask)
			if want = "### " + strings.TrimSpace(want) + "\n"; got != want && !*update {
				t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
			}
			written += got + "\n"
		}
		if *update {
			if err := os.WriteFile(file, []byte(strings.TrimSpace(written)+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// prefixed returns the lines with a prefix, without the prefix.
func prefixed(text, mark string) string {
	var out []string
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			out = append(out, strings.TrimPrefix(strings.TrimRight(rest, "\n"), " "))
		}
	}
	return strings.Join(out, "\n")
}

func prefix(text, mark string) string {
	var out strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		out.WriteString(strings.TrimRight(mark+" "+line, " ") + "\n")
	}
	return out.String()
}

// exchange sends one request to a new Door, and formats the answer and the report.
func exchange(t *testing.T, ask string) string {
	t.Helper()
	head, body, _ := strings.Cut(ask, "\n\n")
	first, headers, _ := strings.Cut(head, "\n")
	method, target, _ := strings.Cut(first, " ")
	var reports []scimhttp.Report
	door := newDoor(t, func(_ context.Context, r scimhttp.Report) { reports = append(reports, r) })
	send := func(method, headers, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://proxy"+target, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer good")
		for line := range strings.Lines(headers) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
			r.Header.Set(key, strings.TrimSpace(value))
		}
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w
	}
	if strings.Contains(headers, "{ETag}") {
		headers = strings.ReplaceAll(headers, "{ETag}", send(http.MethodGet, "", "").Header().Get("ETag"))
		reports = nil
	}
	w := send(method, headers, body)
	if len(reports) != 1 || reports[0].Status != w.Code {
		t.Fatalf("%s: status %d is reported as %+v", first, w.Code, reports)
	}
	return prefix(answer(t, w), "<") + prefix(reported(reports[0]), "*")
}

var (
	timeText   = regexp.MustCompile(`20\d\d-\d\d-\d\dT[\d:.]+Z`)
	cursorText = regexp.MustCompile(`("nextCursor":")[^"]+"`)
	hashText   = regexp.MustCompile(`(W/\\?")[0-9a-f]{16}(?:(-)[0-9a-f]{16})?`)
)

func answer(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	h, body := w.Header(), w.Body.String()
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
		if v := h.Values(name); !slices.Equal(v, []string{want}) {
			t.Errorf("%s: %v", name, v)
		}
		h.Del(name)
	}
	if body != "" && h.Get("Content-Type") == "application/scim+json" {
		h.Del("Content-Type")
	}
	if body != "" {
		if v := document.Text(document.Must(body).Get(scim.MustPath("meta.version"))); v != "" && v != h.Get("ETag") {
			t.Errorf("ETag %s, but %s", h.Get("ETag"), body)
		}
	}
	lines := []string{fmt.Sprint(w.Code)}
	for key, values := range h {
		for _, v := range values {
			lines = append(lines, key+": "+v)
		}
	}
	slices.Sort(lines[1:])
	if body != "" {
		lines = append(lines, "", body)
	}
	text := timeText.ReplaceAllString(strings.Join(lines, "\n"), "T")
	text = cursorText.ReplaceAllString(text, `${1}C"`)
	return hashText.ReplaceAllStringFunc(text, func(s string) string {
		m := hashText.FindStringSubmatch(s)
		if m[2] == "-" {
			return m[1] + "v-m"
		}
		return m[1] + "v"
	})
}

func reported(r scimhttp.Report) string {
	text := "tenant=" + r.Tenant + " call=" + r.Verb
	if r.ScimType != "" {
		text += " scimType=" + r.ScimType
	}
	if len(r.Fired) > 0 {
		text += " rules=" + strings.Join(r.Fired, ",")
	}
	if len(r.Skipped) > 0 {
		text += " skipped=" + strings.Join(r.Skipped, ",")
	}
	if r.Cause != nil {
		text += "\ncause: " + r.Cause.Error()
	}
	return text
}

// newDoor returns a Door over an in-memory directory that has all capabilities.
func newDoor(t *testing.T, report func(context.Context, scimhttp.Report)) http.Handler {
	t.Helper()
	able := directorytest.KeycloakCapabilities()
	for _, kind := range []scim.ResourceType{scim.User, scim.Group} {
		for _, a := range scim.CoreSchemas().Core(kind).Attributes {
			if key := (scim.AttrPath{Name: a.Name}).Key(); able.Placements[kind][key] != directory.ServerMade {
				able.Placements[kind][key] = directory.Native
			}
		}
		able.Placements[kind]["externalid"] = directory.Native
	}
	able.MaxPage = 3
	memory := directorytest.NewMemory(able)
	find := func(context.Context, scim.ResourceType, scim.AttrPath, string) (listing.Found, error) {
		return listing.Found{}, nil
	}
	d := listing.New(memory, listing.Options{
		Find: find, Schemas: scim.CoreSchemas(), Limits: listing.Limits{Scan: 1, Page: 3, Bytes: 1 << 20, InFlight: 1},
		Cursors: listing.Cursors{
			Key: func(context.Context) ([]byte, error) { return make([]byte, 32), nil }, Life: time.Hour,
			Now: func() time.Time { return time.Unix(1e9, 0) },
		},
	})
	lock := func(context.Context, string) (func(), error) { return func() {}, nil }
	service := writing.New(d, lock, scim.CoreSchemas(), writing.Options{MembersShown: 1, SkipUnknownMembers: true})
	for _, c := range []protocol.Create{
		{Type: scim.User, Body: document.Must(`{"userName":"ada","active":true,"externalId":"E-1","name":{"givenName":"Ada","familyName":"L"},"emails":[{"value":"ada@x.test","type":"work","primary":true}]}`)},
		{Type: scim.User, Body: document.Must(`{"userName":"bob","active":false}`)},
		{Type: scim.Group, Body: document.Must(`{"displayName":"Crew","members":[{"value":"user-1"}]}`)},
	} {
		if _, err := service.Do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	door := scimhttp.Door{
		Tenants: doorGate{service}, DropIn: doorGate{service}, Repair: adapters.RepairURL, Report: report,
		Limits: scimhttp.Limits{Body: 1000, Depth: 8, Request: time.Minute},
	}
	return door.Handler()
}

// doorGate accepts the token "good", and has the tenants t, busy (503) and broken (an unexpected
// error).
type doorGate struct{ service *writing.Service }

func (g doorGate) Authenticate(r *http.Request, variables map[string]string) (scimhttp.Session, error) {
	tenant, inPath := variables["tenant"]
	if r.Header.Get("Authorization") != "Bearer good" || tenant == "other" {
		return scimhttp.Session{}, scim.Unauthorized("the bearer token is not valid here")
	}
	base := "http://proxy/scim/v2"
	switch realm := variables["realm"]; {
	case tenant == "busy":
		return scimhttp.Session{Tenant: tenant}, scim.Unavailable("Keycloak", errors.New("the cause"))
	case tenant == "broken":
		return scimhttp.Session{Tenant: tenant}, errors.New("the cause")
	case inPath:
		base = "http://proxy/tenants/t/scim/v2"
	case realm != "":
		base = "http://proxy/realms/" + realm + "/scim/v2"
	}
	schemas, able := scim.CoreSchemas(), g.service.Capabilities()
	able.Bulk, able.BulkPayload = 3, 2000
	decoder := protocol.Decoder{Dialect: adapters.For("generic"), Schemas: schemas, MaxFilter: 300, DefaultPage: able.MaxPage, MaxPage: able.MaxPage}
	return scimhttp.Session{
		Tenant: "t", Base: base, Service: g.service, Decode: decoder.Decode, Schemas: schemas,
		Bulk: bulk.Runner{Service: g.service, Decode: decoder.Decode, Workers: 1, Limits: bulk.Limits{Operations: 3, Payload: 2000, Body: 1000, Depth: 8}},
		Discovery: func(context.Context, string) scimhttp.Discovery {
			return scimhttp.Discovery{Config: discovery.Config(able), Schemas: discovery.Schemas(schemas, able), ResourceTypes: discovery.ResourceTypes(schemas, able)}
		},
	}, nil
}
