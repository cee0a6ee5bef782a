package proxy_test

import (
	"context"
	"time"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/names"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/bounds"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/writing"
)

// minimal is a directory with one user and one group that stores only names, and a space of
// records. It does as little as possible, so that a test measures the cost of the layers above it.
type minimal struct {
	shown   map[scim.ResourceType]scim.Resource
	records map[string]store.Record
}

func (s *minimal) Capabilities() directory.Capabilities {
	return directory.Capabilities{MaxPage: 100, Placements: map[scim.ResourceType]map[string]directory.Placement{
		scim.User: {"username": directory.CaseFolded, "active": directory.Native}, scim.Group: {"displayname": directory.Native, "members": directory.ServerMade},
	}}
}

func (s *minimal) Create(_ context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	s.shown[t] = r.With("id", `"1"`)
	return s.shown[t], nil
}

func (s *minimal) Get(_ context.Context, ref scim.Ref, _ directory.Fields) (scim.Resource, error) {
	if ref.ID != "1" {
		return scim.Resource{}, scim.NotFound(ref)
	}
	return s.shown[ref.Type], nil
}

func (s *minimal) List(_ context.Context, q directory.Query) (directory.Page, error) {
	return directory.Page{Total: 1, Start: 1, Resources: []scim.Resource{s.shown[q.Type]}, Resume: []string{"1"}}, nil
}

func (s *minimal) Update(_ context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	wanted, err := edit(s.shown[ref.Type])
	if err == nil {
		s.shown[ref.Type] = wanted
	}
	return wanted, err
}

func (s *minimal) ChangeMembers(context.Context, scim.Ref, directory.MemberChange) error { return nil }
func (s *minimal) Delete(context.Context, scim.Ref) error                                { return nil }

func (s *minimal) Load(_ context.Context, ids ...string) (map[string]store.Record, error) {
	out := map[string]store.Record{}
	for _, id := range ids {
		out[id] = s.records[id]
	}
	return out, nil
}

func (s *minimal) Save(_ context.Context, id string, r store.Record) (uint64, error) {
	s.records[id] = r
	return 1, nil
}

// records is minimal with the Delete of its records.
type records struct{ *minimal }

func (records) Delete(context.Context, ...string) error { return nil }

func (r records) SaveAndDelete(ctx context.Context, id string, rec store.Record, _ string, _ ...string) (uint64, error) {
	return r.Save(ctx, id, rec)
}

func (records) Name() string { return "records" }

// route has everything that a request passes between scimhttp and keycloak, for one dialect.
type route struct {
	decode  protocol.Decoder
	service protocol.Service
}

func newRoute(idp string) route {
	s := &minimal{map[scim.ResourceType]scim.Resource{
		scim.User: document.Must(`{"id":"1","userName":"u","active":true}`), scim.Group: document.Must(`{"id":"1","displayName":"g"}`),
	}, map[string]store.Record{}}
	return routeOver(idp, s, records{s})
}

// routeOver makes a route over a directory and a space of records.
func routeOver(idp string, s directory.Directory, kept overlay.Records) route {
	var d directory.Directory = overlay.New(s, overlay.Options{Records: kept, Pending: kept, Limit: 1 << 30, Now: time.Now})
	find := func(context.Context, scim.ResourceType, scim.AttrPath, string) (listing.Found, error) {
		return listing.Found{}, nil
	}
	cursors := listing.Cursors{Key: func(context.Context) ([]byte, error) { return make([]byte, 32), nil }, Life: time.Hour, Now: time.Now}
	d = listing.New(d, listing.Options{Find: find, Schemas: scim.CoreSchemas(), Limits: listing.Limits{Scan: 1000, Page: 100, Bytes: 1 << 30, InFlight: 1}, Cursors: cursors})
	lock := func(context.Context, string) (func(), error) { return func() {}, nil }
	return route{
		protocol.Decoder{Dialect: adapters.For(idp), Schemas: scim.CoreSchemas(), MaxFilter: 16 << 10, DefaultPage: 100, MaxPage: 100},
		writing.New(d, lock, scim.CoreSchemas(), writing.Options{MembersShown: 100}),
	}
}

// do carries out a request. It ignores errors, which are results too.
func (r route) do(w protocol.Request) error {
	if len(w.Body) > 0 {
		if err := bounds.JSON(w.Body, 64); err != nil {
			return err
		}
	}
	call, _, err := names.Examiner{Schemas: scim.CoreSchemas()}.Decode(r.decode.Decode)(w)
	if err == nil {
		_, err = r.service.Do(context.Background(), call)
	}
	return err
}
