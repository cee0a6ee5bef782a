package kept_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/overlay/kept"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

func scanned(t *testing.T, s store.Space, typ scim.ResourceType, attrs ...string) (out []kept.Resource) {
	t.Helper()
	var paths []scim.AttrPath
	for _, a := range attrs {
		paths = append(paths, scim.MustPath(a))
	}
	err := kept.Scan(t.Context(), s, typ, paths, "", func(r kept.Resource) (bool, error) {
		out = append(out, r)
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func put(t *testing.T, s store.Space, id string, rec record.Record, terms ...string) {
	t.Helper()
	body, err := json.Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Save(t.Context(), id, store.Record{Body: body, Terms: rec.Indexing(terms)}); err != nil {
		t.Fatal(err)
	}
}

// A scan visits each record of the type once, in order, over several pages of small and large
// records, and ends when visit says so.
func TestScanVisitsAll(t *testing.T) {
	onEngines(t, func(t *testing.T, s store.Space) {
		const n = 900
		fill(t, s, n, true)
		large := employee(1)
		large.Overrides = append(large.Overrides, record.Override{Path: scim.MustPath("urn:x:y:z"), Requested: document.Quote(strings.Repeat("z", 100_000)), Index: -1})
		for i := range 40 {
			put(t, s, fmt.Sprintf("40000000-%02d", i), large)
		}
		put(t, s, "group", record.Record{Type: scim.Group, Overrides: []record.Override{{Path: scim.MustPath("urn:x:y:z"), Requested: `"g"`, Index: -1}}}, record.Term(scim.Group, scim.MustPath("displayName"), "Staff"))
		put(t, s, "pending", record.Record{Type: scim.User, Pending: &record.Pending{Type: scim.User}})
		for id, body := range map[string]string{record.EarlierKey: "\x00\x01", "no type": `{"pairs":[]}`} {
			if _, err := s.Save(t.Context(), id, store.Record{Body: []byte(body)}); err != nil {
				t.Fatal(err)
			}
		}
		all := scanned(t, s, scim.User, "title")
		var ids []string
		for _, r := range all {
			ids = append(ids, r.ID)
		}
		if len(all) != n+40+1 || !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
			t.Errorf("%d users, sorted %v", len(all), slices.IsSorted(ids))
		}
		if groups := scanned(t, s, scim.Group, "urn:x:y:z"); len(groups) != 2 || groups[0].Name != "staff" || groups[0].Values.String() != `{"id":"group","urn:x:y":{"z":"g"}}` {
			t.Errorf("%+v", groups)
		}
		seen, refused := 0, errors.New("refused")
		if err := kept.Scan(t.Context(), s, scim.User, nil, "", func(kept.Resource) (bool, error) { seen++; return seen < 100, nil }); err != nil || seen != 100 {
			t.Errorf("an early end: %d visits, %v", seen, err)
		}
		first, behind := "", ""
		note := func(id *string) func(kept.Resource) (bool, error) {
			return func(r kept.Resource) (bool, error) {
				*id = r.ID
				return false, nil
			}
		}
		err1 := kept.Scan(t.Context(), s, scim.User, nil, "", note(&first))
		err2 := kept.Scan(t.Context(), s, scim.User, nil, first, note(&behind))
		if err1 != nil || err2 != nil || behind <= first {
			t.Errorf("%q is behind %q: %v, %v", behind, first, err1, err2)
		}
		if err := kept.Scan(t.Context(), s, scim.User, nil, "", func(kept.Resource) (bool, error) { return true, refused }); !errors.Is(err, refused) {
			t.Errorf("an error of visit: %v", err)
		}
	})
}

// A scan ends early without reading further pages.
func TestScanReadsNoFurther(t *testing.T) {
	m := storetest.NewMemory()
	s := m.Open("acme")
	fill(t, s, 1000, true)
	m.Reset()
	if err := kept.Scan(t.Context(), s, scim.User, nil, "", func(kept.Resource) (bool, error) { return false, nil }); err != nil {
		t.Fatal(err)
	}
	if n := len(m.Ops()); n != 1 {
		t.Errorf("%d operations", n)
	}
	m.Reset()
	scanned(t, s, scim.User)
	if n := len(m.Ops()); n > 6 {
		t.Errorf("%d operations for 1000 records", n)
	}
}

// For StoreOnly attributes, Scan tells what the overlay answers: Merge over what Keycloak shows,
// which is none of them.
func TestScanAgreesWithMerge(t *testing.T) {
	s := storetest.NewMemory().Open("acme")
	shown := document.Must(`{"id":"u1","userName":"ada","name":{"givenName":"Ada","formatted":"Ada L"},"meta":{"created":"2026-01-01T00:00:00Z"}}`)
	overrides := []record.Override{
		{Path: scim.MustPath("userName"), Requested: `"Ada"`, Observed: `"ada"`, Index: -1},
		{Path: scim.MustPath("title"), Requested: `"<Countess>"`, Index: -1},
		{Path: scim.MustPath("nickName"), Requested: `""`, Index: -1},
		{Path: scim.MustPath("displayName"), Requested: `"was mapped"`, Observed: `"Was mapped"`, Index: -1}, // the mapping is gone: Keycloak shows nothing
		{Path: scim.MustPath("name.middleName"), Requested: `"M"`, Index: -1},
		{Path: scim.MustPath("phoneNumbers"), Requested: `[{"value":"1"},{"value":"2"}]`, Index: -1},
		{Path: scim.MustPath(scim.EnterpriseURN + ":manager.value"), Requested: `"m"`, Index: -1},
		{Path: scim.AttrPath{URN: "urn:x:1.0:User", Name: "a.b"}, Requested: `{"deep":[true,1.50]}`, Index: -1},
		{Path: scim.AttrPath{URN: "urn:whole:value"}, Requested: `7`, Index: -1},
		{Path: scim.MustPath("locale"), Requested: "", Observed: `"de"`, Index: -1},
	}
	rec := record.Record{Type: scim.User, Overrides: overrides}
	put(t, s, "u1", rec)
	merged := rec.Merge(scim.User, shown, directory.Fields{})
	for _, attrs := range [][]string{nil, {"title"}, {"TITLE", "nickName"}, {"displayName"}, {"name.middleName"}, {"phoneNumbers"}, {scim.EnterpriseURN + ":manager.value"}, {"urn:x:1.0:User:other"}} {
		found := scanned(t, s, scim.User, attrs...)
		if len(found) != 1 || found[0].Name != "Ada" || found[0].Values.ID() != "u1" {
			t.Fatalf("%+v", found)
		}
		for _, p := range overrides {
			chosen := len(attrs) == 0 || slices.ContainsFunc(attrs, func(a string) bool {
				path := scim.MustPath(a)
				return path.URN != "" && p.Path.URN != "" || path.URN == "" && p.Path.Top().Is(path.Top())
			})
			want := merged.Get(p.Path)
			if !chosen || p.Path.Name == "userName" {
				want = ""
			}
			if got := found[0].Values.Get(p.Path); got != want {
				t.Errorf("%q: %s is %s, the overlay answers %s", attrs, p.Path, got, want)
			}
		}
	}
}

// The name is that of the record, or else of its terms.
func TestScanTellsNames(t *testing.T) {
	s := storetest.NewMemory().Open("acme")
	put(t, s, "a", record.Record{Type: scim.User, Overrides: []record.Override{{Path: scim.MustPath("userName"), Requested: `"Ada"`, Observed: `"ada"`, Index: -1}}}, record.Term(scim.User, scim.MustPath("userName"), "other"))
	put(t, s, "b", record.Record{Type: scim.User, Overrides: []record.Override{{Path: scim.MustPath("displayName"), Requested: `"No name"`, Index: -1}}}, record.Term(scim.User, scim.MustPath("userName"), "Bob"), record.Term(scim.User, scim.MustPath("externalId"), "e"))
	put(t, s, "c", record.Record{Type: scim.User})
	var names []string
	for _, r := range scanned(t, s, scim.User, "title") {
		names = append(names, r.Name)
	}
	if !slices.Equal(names, []string{"Ada", "bob", ""}) {
		t.Errorf("%q", names)
	}
}

// One page is counted at a time, and a page that does not fit is an error that suggests a retry.
func TestScanIsMetered(t *testing.T) {
	s := storetest.NewMemory().Open("acme")
	big := record.Record{Type: scim.User, Overrides: []record.Override{{Path: scim.MustPath("title"), Requested: document.Quote(strings.Repeat("x", 50_000)), Index: -1}}}
	for i := range 300 {
		put(t, s, fmt.Sprintf("%03d", i), big)
	}
	for _, limit := range []int64{64 << 20, 2 << 20} { // all bodies have 15 MB, and count three times
		m := meter.New(limit)
		ctx, share := m.With(context.Background())
		var most int64
		err := kept.Scan(ctx, s, scim.User, nil, "", func(kept.Resource) (bool, error) { most = max(most, m.Held()); return true, nil })
		if fits := limit > 32<<20; fits != (err == nil) || err != nil && scim.AsError(err).RetryAfter == 0 || fits && (most == 0 || most > 12<<20) {
			t.Errorf("limit %d: %v, at most %d bytes were held", limit, err, most)
		}
		if err == nil && m.Held() != 0 {
			t.Errorf("%d bytes are still held", m.Held())
		}
		share.End()
	}
}
