package directory_test

import (
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

func TestFilterLimits(t *testing.T) {
	for _, row := range []struct {
		limits directory.FilterLimits
		filter string
		want   bool
	}{
		{directory.FilterLimits{}, `not (not (not (title pr)))`, true},
		{directory.FilterLimits{Length: 16}, `userName eq "ab"`, true},
		{directory.FilterLimits{Length: 16}, `userName eq "é"`, true},
		{directory.FilterLimits{Length: 16}, `userName eq "é1"`, false}, // bytes, not characters
		{directory.FilterLimits{Length: 15}, `userName eq "ab"`, false},
		{directory.FilterLimits{Nesting: 1}, `((((title pr))))`, true}, // as printed
		{directory.FilterLimits{Nesting: 1}, `title pr and (title eq "(((" or title eq "\"(((")`, true},
		{directory.FilterLimits{Nesting: 1}, `(title pr or title eq "a") and (title pr or title eq "b")`, true},
		{directory.FilterLimits{Nesting: 1}, `title pr and not (title pr and (title pr or title eq "b"))`, false},
		{directory.FilterLimits{Nesting: 1}, `emails[type eq "a" and (value pr or value eq "b")]`, false},
		{directory.FilterLimits{Nesting: 2}, `emails[type eq "a" and (value pr or value eq "b")]`, true},
	} {
		f, err := scim.ParseFilter(row.filter)
		if err != nil {
			t.Fatal(err)
		}
		if got := row.limits.Accept(f); got != row.want {
			t.Errorf("%+v accept %s: %t", row.limits, f, got)
		}
	}
}
