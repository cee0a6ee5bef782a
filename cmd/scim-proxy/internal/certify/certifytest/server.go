package certifytest

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/discovery"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/names"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/writing"
)

// Token is the token that the server accepts.
const Token = "certify-secret-token"

// Server is a SCIM server.
type Server struct {
	// URL is its SCIM base URL.
	URL string

	mu    sync.Mutex
	fault Fault
}

// Fault changes a request or its answer. It may call next, and answers itself otherwise.
type Fault func(w http.ResponseWriter, r *http.Request, next http.Handler)

// Break switches a fault on; nil switches it off.
func (s *Server) Break(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// gate accepts Token.
type gate struct {
	service *writing.Service
	base    func() string
	strict  bool
}

// New starts a server. It ends with the test. A strict one refuses names that no schema defines.
func New(t testing.TB, strict bool) *Server {
	t.Helper()
	able := directorytest.KeycloakCapabilities()
	for _, kind := range []scim.ResourceType{scim.User, scim.Group} {
		for _, a := range scim.CoreSchemas().Core(kind).Attributes {
			if key := (scim.AttrPath{Name: a.Name}).Key(); able.Placements[kind][key] != directory.ServerMade {
				able.Placements[kind][key] = directory.Native
			}
		}
		able.Placements[kind]["externalid"] = directory.Native
		for _, extension := range scim.CoreSchemas().Extensions(kind) {
			for _, a := range extension.Attributes {
				able.Placements[kind][(scim.AttrPath{URN: extension.ID, Name: a.Name}).Key()] = directory.Native
			}
		}
	}
	able.MaxPage = 1000
	none := func(context.Context, scim.ResourceType, scim.AttrPath, string) (listing.Found, error) {
		return listing.Found{}, nil
	}
	d := listing.New(directorytest.NewMemory(able), listing.Options{
		Find: none, Schemas: scim.CoreSchemas(), Limits: listing.Limits{Scan: 10_000, Page: 1000, Bytes: 1 << 26, InFlight: 4},
		Cursors: listing.Cursors{Key: func(context.Context) ([]byte, error) { return make([]byte, 32), nil }, Life: time.Hour, Now: time.Now},
	})
	var locks sync.Map
	lock := func(_ context.Context, key string) (func(), error) {
		m, _ := locks.LoadOrStore(key, &sync.Mutex{})
		mutex, _ := m.(*sync.Mutex)
		mutex.Lock()
		return mutex.Unlock, nil
	}
	s := &Server{}
	g := gate{writing.New(d, lock, scim.CoreSchemas(), writing.Options{MembersShown: 1000}), func() string { return s.URL }, strict}
	door := scimhttp.Door{
		Tenants: g, Repair: adapters.RepairURL, Report: func(context.Context, scimhttp.Report) {},
		Limits: scimhttp.Limits{Body: 1 << 20, Depth: 16, Request: time.Minute},
	}
	handler := door.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		fault := s.fault
		s.mu.Unlock()
		if fault == nil {
			handler.ServeHTTP(w, r)
			return
		}
		fault(w, r, handler)
	}))
	t.Cleanup(srv.Close)
	s.URL = srv.URL + "/scim/v2"
	return s
}

// Authenticate returns the session of the one caller.
func (g gate) Authenticate(r *http.Request, _ map[string]string) (scimhttp.Session, error) {
	if r.Header.Get("Authorization") != "Bearer "+Token {
		return scimhttp.Session{}, scim.Unauthorized("the bearer token is not valid here")
	}
	schemas, able := scim.CoreSchemas(), g.service.Capabilities()
	able.Bulk, able.BulkPayload = 50, 1<<20
	decoder := protocol.Decoder{Dialect: adapters.For("generic"), Schemas: schemas, MaxFilter: 2000, DefaultPage: 100, MaxPage: able.MaxPage}
	decode := names.Examiner{Schemas: schemas, Strict: g.strict, Misspelt: func(string, string) {}}.Decode(decoder.Decode)
	return scimhttp.Session{
		Tenant: "t", Base: g.base(), Service: g.service, Decode: decode, Schemas: schemas,
		Bulk: bulk.Runner{Service: g.service, Decode: decode, Workers: 4, Limits: bulk.Limits{Operations: 50, Payload: 1 << 20, Body: 1 << 20, Depth: 16}},
		Discovery: func(context.Context, string) scimhttp.Discovery {
			return scimhttp.Discovery{Config: discovery.Config(able), Schemas: discovery.Schemas(schemas, able), ResourceTypes: discovery.ResourceTypes(schemas, able)}
		},
	}, nil
}

// Prefix returns a new prefix of a run.
func Prefix() string { return "certify-" + lower(rand.Text()[:8]) }

func lower(text string) string {
	b := []byte(text)
	for i := range b {
		if b[i] >= 'A' && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(slices.Clip(b))
}
