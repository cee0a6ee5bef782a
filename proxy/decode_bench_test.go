package proxy_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/store"
)

// BenchmarkDecode reads a POST of about 1 KB with Entra's rules. When each rule parsed the body,
// it took 410 KB and 969 allocations.
func BenchmarkDecode(b *testing.B) {
	decoder := protocol.Decoder{Dialect: adapters.For("entra"), Schemas: scim.CoreSchemas(), MaxFilter: 4096, DefaultPage: 100, MaxPage: 100}
	body := fmt.Appendf(nil, proxy.BenchUser, 1, `"True"`)
	b.ReportAllocs()
	for b.Loop() {
		w := protocol.Request{Method: http.MethodPost, Type: scim.User, Query: url.Values{}, Body: body}
		if _, _, err := decoder.Decode(w); err != nil {
			b.Fatal(err)
		}
	}
}

// manyUsers is a directory of many users.
type manyUsers struct {
	*minimal
	page directory.Page
}

func (s manyUsers) List(context.Context, directory.Query) (directory.Page, error) { return s.page, nil }

// fill makes the users of a page, and a record for each.
func fill(b *testing.B, users int) (manyUsers, records) {
	b.Helper()
	s := &minimal{map[scim.ResourceType]scim.Resource{}, map[string]store.Record{}}
	r := routeOver("entra", s, records{s})
	out := manyUsers{s, directory.Page{Total: users, Start: 1}}
	for i := range users {
		if err := r.do(protocol.Request{Method: http.MethodPost, Type: scim.User, Query: url.Values{}, Body: fmt.Appendf(nil, proxy.BenchUser, i, `"True"`)}); err != nil {
			b.Fatal(err)
		}
		id := fmt.Sprintf("%036d", i)
		s.records[id] = s.records["1"]
		out.page.Resources = append(out.page.Resources, s.shown[scim.User].With("id", document.Quote(id)))
		out.page.Resume = append(out.page.Resume, id)
	}
	return out, records{s}
}

// BenchmarkPage answers a list of 100 users of about 1 KB each, of which Keycloak has userName and
// active. It includes all layers except keycloak. When each change parsed the resource again, it
// took 16.5 MB and 61,502 allocations, and 5.4 MB with a projection.
func BenchmarkPage(b *testing.B) {
	s, kept := fill(b, 100)
	door := scimhttp.Door{
		Tenants: gate{routeOver("entra", s, kept)}, Repair: func(*url.URL) {}, Report: func(context.Context, scimhttp.Report) {},
		Limits: scimhttp.Limits{Body: 1 << 20, Depth: 64, Request: time.Minute},
	}
	handler := door.Handler()
	for name, query := range map[string]string{"whole": "", "projected": "&attributes=userName,active,emails.value"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), "GET", "/scim/v2/Users?count=100"+query, nil))
				if w.Code != http.StatusOK || strings.Count(w.Body.String(), `"emails"`) != 100 {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
