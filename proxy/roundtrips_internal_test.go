package proxy

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/lookup"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/overlay/kept"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scopes"
	"keycloak-scim-proxy/proxy/store/storetest"
	"keycloak-scim-proxy/proxy/writing"
)

// layersOver composes the layers as compose does, over a directory in memory.
func layersOver(below directory.Directory, s *scopes.Scope) *writing.Service {
	var d directory.Directory = overlay.New(below, overlay.Options{Records: s.Spaces.Records, Pending: s.Spaces.Pending, Limit: 1 << 20, Caller: "c", Now: s.Now})
	o := lookup.Options(s.Index(d.Capabilities(), nil), nil, below, func(string, string) {})
	o.Schemas, o.Limits, o.Cursors = scim.CoreSchemas(), listing.Limits{Scan: 1000, Page: 100, Bytes: 1 << 20, InFlight: 4}, s.Cursors("c")
	d = listing.New(d, o)
	return writing.New(d, s.Lock, scim.CoreSchemas(), writing.Options{MembersShown: 100})
}

// The round trips to the store of each kind of request, in order. On the embedded store, locks are
// in memory and the others are one transaction each.
func TestStoreRoundTrips(t *testing.T) { synctest.Test(t, testStoreRoundTrips) }

func testStoreRoundTrips(t *testing.T) {
	m := storetest.NewMemory()
	r := scopes.New(scopes.Options{Engine: m, Longest: time.Minute, Completed: func(string, int, error) {}, Now: time.Now})
	s := r.Scope("r", "", true)
	service := layersOver(directorytest.NewMemory(directorytest.KeycloakCapabilities()), s)
	trips := func(c protocol.Call) (protocol.Answer, string) {
		t.Helper()
		m.Reset()
		a, err := service.Do(t.Context(), c)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		var names []string
		for _, op := range m.Ops() {
			names = append(names, op.Name)
		}
		return a, strings.Join(names, " ")
	}
	person := func(n int) scim.Resource {
		return directorytest.Sample(n).With("title", `"T"`).With("externalId", fmt.Sprintf(`"e-%d"`, n))
	}
	made, posted := trips(protocol.Create{Type: scim.User, Body: person(1)})
	group, _ := trips(protocol.Create{Type: scim.Group, Body: document.Must(`{"displayName":"g"}`)})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		kept.Keep(ctx, time.Now, r.Completions, r.Added())
		close(done)
	}()
	synctest.Wait() // the index is complete
	cancel()
	<-done
	list := func(f string) protocol.Call {
		q := directory.Query{Type: scim.User, Start: 1, Count: 100}
		if f != "" {
			var err error
			if q.Filter, err = scim.ParseFilter(f); err != nil {
				t.Fatal(err)
			}
		}
		return protocol.List{Query: q}
	}
	patch := func(ref scim.Ref, path, value string) protocol.Patch {
		p, err := scim.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		return protocol.Patch{Ref: ref, Ops: []scim.Op{{Kind: scim.Add, Path: p, Value: value}}}
	}
	quietly := patch(group.Made, "members", `[{"value":"`+made.Made.ID+`"}]`)
	quietly.Projection.Quiet = true
	for _, row := range []struct {
		name, want string
		call       protocol.Call
	}{
		{"GET", "Load", protocol.Read{Ref: made.Made}},
		{"eq, hit", "Find Load", list(`externalId eq "e-1"`)},
		{"eq, miss", "Find", list(`externalId eq "nobody"`)},
		{"eq on a kept attribute, hit", "Find Load", list(`title eq "t"`)},
		{"eq on a kept attribute, miss", "Find", list(`urn:a:b:c eq "x"`)},
		{"another filter on a kept attribute, hit", "Page Load Load", list(`title co "t"`)},
		{"another filter on a kept attribute, miss", "Page", list(`title co "nobody"`)},
		{"page", "Load", list("")},
		{"PATCH", "Lock Load Save Unlock", patch(made.Made, "nickName", `"N"`)},
		{"PATCH without a change", "Lock Load Unlock", patch(made.Made, "nickName", `"N"`)},
		{"PUT", "Lock Load Save Unlock", protocol.Replace{Ref: made.Made, Body: person(1)}},
		{"PATCH group", "Lock Load Save Load Unlock", patch(group.Made, "members", `[{"value":"`+made.Made.ID+`"}]`)},
		{"PATCH group, answered 204", "Lock Load Save Unlock", quietly},
		{"DELETE", "Lock Delete Unlock", protocol.Delete{Ref: made.Made}},
	} {
		if _, got := trips(row.call); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
	if want := "Lock Save SaveAndDelete Unlock"; posted != want {
		t.Errorf("POST: %s, want %s", posted, want)
	}
}
