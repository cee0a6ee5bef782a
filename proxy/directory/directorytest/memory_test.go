package directorytest_test

import (
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

func TestMemory(t *testing.T) {
	directorytest.Run(t, func(*testing.T) directory.Directory {
		return directorytest.NewMemory(directorytest.KeycloakCapabilities())
	})
}

// Filters that Capabilities do not support are evaluated as wrongly as by Keycloak
// (docs/keycloak.md).
func TestMemoryFiltersAsWronglyAsKeycloak(t *testing.T) {
	m := directorytest.NewMemory(directorytest.KeycloakCapabilities())
	ids := map[string]string{}
	for name, r := range map[string]string{
		"ada": `{"userName":"ada","active":true,"title":"T","name":{"givenName":"Ada"},"emails":[{"value":"Ada@x.test","type":"work"}]}`,
		"bob": `{"userName":"bob","active":true}`,
	} {
		made, err := m.Create(t.Context(), scim.User, document.Must(r))
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = made.ID()
	}
	group, err := m.Create(t.Context(), scim.Group, document.Must(`{"displayName":"G"}`))
	if err == nil {
		err = m.ChangeMembers(t.Context(), scim.Ref{Type: scim.Group, ID: group.ID()}, directory.MemberChange{Add: []string{ids["ada"]}})
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ filter, right, answered string }{
		{`userName eq "ADA"`, "ada", "ada"},
		{`userName ne "ada"`, "bob", "bob"},
		{`groups.value eq "G"`, "ada", "ada"},
		// An unmapped name matches no user and poisons the expression around it.
		{`title pr`, "", ""},
		{`userName eq "ada" or title pr`, "ada", ""},
		{`not (nickName eq "x")`, "ada bob", ""},
		{`userName eq "bob" or emails[type eq "work"]`, "ada bob", ""},
		{`id pr`, "ada bob", ""},
		// "ne" and "not" lose resources without the attribute.
		{`name.givenName ne "Grace"`, "ada bob", "ada"},
		{`not (name.givenName eq "Grace")`, "ada bob", "ada"},
		{`not (name.givenName pr)`, "bob", ""},
		{`not (not (name.givenName ne "Grace"))`, "ada bob", "ada"},
		{`userName eq "bob" or not (name.givenName eq "Grace")`, "ada bob", "ada bob"},
		{`userName eq "bob" and not (name.givenName eq "Grace")`, "bob", ""},
		{`not (groups.value eq "G")`, "bob", ""},
		{`not (groups.value eq "other")`, "ada bob", ""},
		{`groups.value sw "group"`, "ada", ""},
		{`name.givenName eq null`, "bob", ""},
		// Text compares exactly, an e-mail address with its stored lower-case form.
		{`name.givenName eq "Ada"`, "ada", "ada"},
		{`name.givenName eq "ADA"`, "ada", ""},
		{`name.givenName ne "ADA"`, "bob", "ada"},
		{`emails.value eq "ada@x.test"`, "ada", "ada"},
		{`emails.value eq "Ada@x.test"`, "ada", ""},
	} {
		f, err := scim.ParseFilter(strings.ReplaceAll(row.filter, `"G"`, document.Quote(group.ID())))
		if err != nil {
			t.Fatal(err)
		}
		var right, answered []string
		p, err := m.List(t.Context(), directory.Query{Type: scim.User, Filter: f, Start: 1, Count: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"ada", "bob"} {
			ref := scim.Ref{Type: scim.User, ID: ids[name]}
			shown, err := m.Get(t.Context(), ref, directory.Fields{})
			groups, err2 := m.Get(t.Context(), ref, directory.Fields{Only: []string{"groups"}})
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			if scim.CoreSchemas().Match(f, scim.User, shown.With("groups", groups.Raw("groups"))) {
				right = append(right, name)
			}
			if slices.ContainsFunc(p.Resources, func(r scim.Resource) bool { return r.ID() == ids[name] }) {
				answered = append(answered, name)
			}
		}
		if got := strings.Join(right, " "); got != row.right {
			t.Errorf("%s: RFC 7644 means %q, want %q", row.filter, got, row.right)
		}
		if got := strings.Join(answered, " "); got != row.answered {
			t.Errorf("%s: %q, want %q", row.filter, got, row.answered)
		}
	}
}

// The directory refuses filters above its limits.
func TestMemoryFilterLimits(t *testing.T) {
	able := directorytest.KeycloakCapabilities()
	able.FilterLimits = directory.FilterLimits{Length: 40, Nesting: 2}
	m := directorytest.NewMemory(able)
	for filter, status := range map[string]int{
		`userName eq "12345678901234567890123456"`:  200,
		`userName eq "123456789012345678901234567"`: 400,
		`not (not (userName pr))`:                   200,
		`not (not (not (userName pr)))`:             400,
	} {
		f, err := scim.ParseFilter(filter)
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.List(t.Context(), directory.Query{Type: scim.User, Filter: f, Start: 1})
		if got := scim.AsError(err).Status; err == nil && status != 200 || err != nil && got != status {
			t.Errorf("%s: %v, want %d", filter, err, status)
		}
	}
}
