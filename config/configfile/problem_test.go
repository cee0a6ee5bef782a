package configfile_test

import (
	"testing"

	"keycloak-scim-proxy/config/configfile"
)

func TestProblem(t *testing.T) {
	for want, p := range map[string]configfile.Problem{
		"config.yaml:12:3 keycloak.timeout: must be more than 0": {File: "config.yaml", Line: 12, Column: 3, Path: "keycloak.timeout", Message: "must be more than 0"},
		"config.yaml store: is required":                         {File: "config.yaml", Path: "store", Message: "is required"},
		"config.yaml: is empty":                                  {File: "config.yaml", Message: "is empty"},
		"store: is required":                                     {Path: "store", Message: "is required"},
		"is empty":                                               {Message: "is empty"},
	} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
