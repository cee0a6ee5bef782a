package kept_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/overlay/kept"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

func placed() directory.Capabilities {
	return directory.Capabilities{Placements: map[scim.ResourceType]map[string]directory.Placement{scim.User: {
		"username": directory.CaseFolded, "emails": directory.PrimaryOnly, "name.formatted": directory.ServerMade, "name.givenname": directory.Normalised,
		"title": directory.Normalised, "urn:x:y:mapped.value": directory.Normalised, "meta": directory.ServerMade,
	}}}
}

// The records tell of an attribute only if it is StoreOnly, as far as the user profile is known,
// and all records have their terms. Otherwise a miss proves nothing.
func TestFindKnows(t *testing.T) {
	s := storetest.NewMemory().Open("acme")
	rec := employee(1)
	rec.Overrides = append(rec.Overrides, record.Override{Path: scim.MustPath("name.formatted"), Requested: `"F"`, Index: -1}, record.Override{Path: scim.MustPath("urn:x:y:mapped.value"), Requested: `"v"`, Index: -1}, record.Override{Path: scim.MustPath("urn:x:y:n"), Requested: `1`, Index: -1})
	put(t, s, "u1", rec, record.Term(scim.User, scim.MustPath("externalId"), "e-1"))
	for _, row := range []struct {
		path, literal        string
		known, always, found bool
	}{
		{"nickName", `"nick 1"`, true, false, true}, {"nickName", `"x"`, true, false, false}, {"name.middleName", `"M"`, true, false, true}, {scim.EnterpriseURN + ":manager.value", `"m-1"`, true, false, true},
		{"urn:x:y:n", `1.0`, true, false, true}, {"urn:x:y:n", `null`, false, false, false}, {"nickName", `null`, false, false, false},
		{"title", `"engineer 1"`, false, false, false}, {"name.formatted", `"F"`, false, false, false}, {"name", `"M"`, false, false, false}, {"urn:x:y:mapped", `"v"`, false, false, false}, {"urn:x:y:mapped.value", `"v"`, false, false, false},
		{"meta.created", `"2026-01-01T00:00:00Z"`, false, false, false}, {"phoneNumbers.value", `"+49 1"`, false, false, false}, {"groups.value", `"g"`, false, false, false}, {"id", `"u1"`, false, false, false},
		{"externalId", `"e-1"`, true, true, true}, {"externalId", `1`, false, false, false}, {"userName", `"x"`, true, true, false}, {"emails.value", `"x"`, true, true, false},
	} {
		for _, state := range []struct{ profiled, complete bool }{{true, true}, {true, false}, {false, true}} {
			x := kept.Index{Records: s, Capabilities: placed(), Profiled: state.profiled, Complete: func() bool { return state.complete }}
			found, err := x.Find(t.Context(), scim.User, scim.MustPath(row.path), row.literal)
			if err != nil {
				t.Fatal(err)
			}
			if want := row.known && (row.always || state.profiled && state.complete); found.Known != want || (len(found.IDs) == 1) != (want && row.found) || found.All {
				t.Errorf("%s eq %s, %+v: %+v", row.path, row.literal, state, found)
			}
		}
	}
}

// The resources below count for attributes that Keycloak has too. They are not all if Keycloak may
// compare the literal in another way than the terms, or the user profile is not known.
func TestFindSeesBelow(t *testing.T) {
	s := storetest.NewMemory().Open("acme")
	put(t, s, "u1", employee(1), record.Term(scim.User, scim.MustPath("userName"), "ada"))
	down := errors.New("down")
	for _, row := range []struct {
		path, literal string
		profiled      bool
		ids           string
		all           bool
	}{
		{"userName", `"Ada"`, true, "u1 u2", true}, {"emails.value", `"x"`, true, "u2", true},
		{"userName", `"Ada"`, false, "u1", false}, {"externalId", `"x"`, true, "", false}, {"nickName", `"x"`, true, "", false},
		{"userName", `" ada"`, true, "u2", false}, {"userName", `"ΟΔΟΣ"`, true, "u2", false}, {"userName", `"οδος"`, true, "u2", false}, {"userName", `"çelik"`, true, "u2", true},
	} {
		x := kept.Index{Records: s, Capabilities: placed(), Profiled: row.profiled, Complete: func() bool { return true }}
		x.Seen = func(context.Context, string) ([]string, bool, error) { return []string{"u2"}, true, nil }
		found, err := x.Find(t.Context(), scim.User, scim.MustPath(row.path), row.literal)
		if got := strings.Join(found.IDs, " "); err != nil || got != row.ids || found.All != row.all {
			t.Errorf("%s eq %s, profile %t: %q, all %t, %v", row.path, row.literal, row.profiled, got, found.All, err)
		}
		x.Seen = func(context.Context, string) ([]string, bool, error) { return nil, true, down }
		if _, err := x.Find(t.Context(), scim.User, scim.MustPath("userName"), `"x"`); row.profiled != errors.Is(err, down) {
			t.Errorf("profile %t: the error is %v", row.profiled, err)
		}
	}
}

// Values are visited only if all attributes are StoreOnly, as far as the user profile is known.
func TestIndexScanKnows(t *testing.T) {
	m := storetest.NewMemory()
	s := m.Open("acme")
	put(t, s, "u1", employee(1))
	refused := errors.New("refused")
	for attrs, want := range map[string]bool{"nickName": true, "phoneNumbers": true, "phoneNumbers.value": true, "externalId": true, "title": false, "nickName title": false, "name": false, "name.middleName": true, "name.formatted": false, "groups": false, "id": false, "": false} {
		var paths []scim.AttrPath
		for a := range strings.FieldsSeq(attrs) {
			paths = append(paths, scim.MustPath(a))
		}
		for _, profiled := range []bool{true, false} {
			x := kept.Index{Records: s, Capabilities: placed(), Profiled: profiled, Complete: func() bool { return false }}
			n := 0
			known, err := x.Scan(t.Context(), scim.User, paths, "", func(kept.Resource) (bool, error) { n++; return true, nil })
			if err != nil || known != (want && profiled) || (n == 1) != known {
				t.Errorf("%q, profile %v: known %v, %d visits, %v", attrs, profiled, known, n, err)
			}
			if _, err := x.Scan(t.Context(), scim.User, paths, "", func(kept.Resource) (bool, error) { return true, refused }); known && err != refused { //nolint:errorlint // unchanged
				t.Errorf("%q: the error of visit became %v", attrs, err)
			}
		}
	}
	m.SetDown(fmt.Errorf("%w: for the test", store.ErrUnavailable))
	x := kept.Index{Records: s, Capabilities: placed(), Profiled: true, Complete: func() bool { return true }}
	_, err1 := x.Scan(t.Context(), scim.User, []scim.AttrPath{scim.MustPath("nickName")}, "", func(kept.Resource) (bool, error) { return true, nil })
	_, err2 := x.Find(t.Context(), scim.User, scim.MustPath("nickName"), `"x"`)
	for _, err := range []error{err1, err2} {
		if scim.Status(err) != 503 {
			t.Errorf("the store is down: %v", err)
		}
	}
}
