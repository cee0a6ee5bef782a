// Package operatingtest has a tenant in memory: its layers over a directory in memory, with an
// embedded store and a journal.
package operatingtest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/proxy/writing"
)

// World is a tenant, and what is below its layers.
type World struct {
	operating.Place
	Keycloak *directorytest.Memory
	// Provider does the calls of the tenant's identity provider.
	Provider protocol.Service
	t        testing.TB
	clock    atomic.Int64
}

// New makes a tenant. values is journal.values.
func New(t testing.TB, values bool) *World {
	t.Helper()
	engine, err := embedded.Open(t.TempDir()+"/store.db", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	w := &World{Keycloak: directorytest.NewMemory(directorytest.KeycloakCapabilities()), t: t}
	w.clock.Store(time.Now().UnixMilli())
	ids := atomic.Int64{}
	newID := func() string { return fmt.Sprintf("request-%06d", ids.Add(1)) }
	log := journal.New(journal.Options{Space: engine.Open("journal.x"), Writer: &journal.Writer{}, Values: values, Keep: time.Hour, Most: 1000, Now: w.Now, NewID: func() string { return fmt.Sprintf("%010d", ids.Add(1)) }})
	records := engine.Open("x")
	kept := overlay.New(w.Keycloak, overlay.Options{Records: records, Pending: engine.Open("pending.x"), Limit: 1 << 20, Caller: "x", Now: w.Now})
	var locks sync.Map
	lock := func(_ context.Context, key string) (func(), error) {
		m, _ := locks.LoadOrStore(key, &sync.Mutex{})
		mu, _ := m.(*sync.Mutex)
		mu.Lock()
		return mu.Unlock, nil
	}
	layers := writing.New(journaling.Over(kept, nil), lock, scim.CoreSchemas(), writing.Options{MembersShown: 100})
	w.Place = operating.Place{Tenant: "acme", Operator: "op", Journal: log, Directory: layers.Below(), Records: records, Lock: lock, Calls: layers, NewID: newID}
	w.Provider = journaling.Service(log, layers, journaling.Caller{Who: journal.Who{Tenant: "acme", Key: "k1"}, Now: func(context.Context) journaling.Circumstances {
		return journaling.Circumstances{Request: newID()}
	}})
	return w
}

// Now is a clock that moves a second with each look.
func (w *World) Now() time.Time { return time.UnixMilli(w.clock.Add(1000)) }

// Do does a call of the provider.
func (w *World) Do(c protocol.Call) protocol.Answer {
	w.t.Helper()
	a, err := w.Provider.Do(context.Background(), c)
	if err != nil {
		w.t.Fatalf("%s: %v", c.Verb(), err)
	}
	return a
}

// Create creates a resource.
func (w *World) Create(t scim.ResourceType, body string) scim.Ref {
	w.t.Helper()
	return w.Do(protocol.Create{Type: t, Body: document.Must(body)}).Made
}

// Patch changes attributes.
func (w *World) Patch(ref scim.Ref, ops ...scim.Op) {
	w.t.Helper()
	w.Do(protocol.Patch{Ref: ref, Ops: ops})
}

// Shows is what a GET shows, "" if the resource does not exist.
func (w *World) Shows(ref scim.Ref) string {
	w.t.Helper()
	a, err := w.Provider.Do(context.Background(), protocol.Read{Ref: ref})
	if scim.Status(err) == 404 {
		return ""
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return a.Resource.String()
}

// Console changes an attribute beside the proxy.
func (w *World) Console(ref scim.Ref, path, value string) {
	w.t.Helper()
	at, err := scim.ParseAttrPath(path)
	if err == nil {
		_, err = w.Keycloak.Update(context.Background(), ref, func(now scim.Resource) (scim.Resource, error) { return now.Set(at, value), nil })
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// Op is an operation of a PATCH.
func Op(kind scim.OpKind, path, value string) scim.Op {
	p, err := scim.ParsePath(path)
	if err != nil {
		panic(err)
	}
	return scim.Op{Kind: kind, Path: p, Value: value}
}
