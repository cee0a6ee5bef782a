package verify_test

import (
	"strings"
	"testing"

	"keycloak-scim-proxy/onboarding/verify"
)

// A step that is added later decides as those before it do, and does not mend what they found.
func TestAdd(t *testing.T) {
	of := func(level verify.Level) verify.Step { return verify.Step{Findings: []verify.Finding{{Level: level}}} }
	for _, row := range []struct {
		steps        []verify.Step
		complete     bool
		ok, confined bool
		summary      string
	}{
		{nil, true, true, true, "confined by Keycloak"},
		{[]verify.Step{of(verify.Warning)}, true, true, true, "confined by Keycloak"},
		{[]verify.Step{of(verify.Unknown)}, true, true, false, "not everything can be judged"},
		{[]verify.Step{of(verify.Red)}, true, false, false, "NOT PROVEN"},
		{[]verify.Step{of(verify.Red), {}}, true, false, false, "NOT PROVEN"},
		{[]verify.Step{{}}, false, false, false, "NOT PROVEN"},
	} {
		r := &verify.Report{Group: "acme", OK: true, Confined: true}
		for _, s := range row.steps {
			r.Add(s, row.complete)
		}
		if !strings.HasSuffix(r.Text(), row.summary+"\n") || r.OK != row.ok || r.Confined != row.confined {
			t.Errorf("%v: OK %v, confined %v\n%s", row, r.OK, r.Confined, r.Text())
		}
	}
}
