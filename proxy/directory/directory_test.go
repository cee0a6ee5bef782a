package directory_test

import (
	"testing"

	"keycloak-scim-proxy/proxy/directory"
)

func TestMembershipEmpty(t *testing.T) {
	t.Parallel()
	for want, ms := range map[bool][]directory.MemberChange{
		true:  {{}},
		false: {{Replace: true}, {Add: []string{"1"}}, {Remove: []string{"1"}}},
	} {
		for _, m := range ms {
			if m.Empty() != want {
				t.Errorf("%+v is empty: %v", m, !want)
			}
		}
	}
}
