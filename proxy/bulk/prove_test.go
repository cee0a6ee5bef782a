package bulk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/scim"
)

// If the caller may write nothing of a request, it fails as a whole after one check for each kind
// of create and a few for each kind of change. If the caller may do one kind, each operation has a
// result.
func TestRefusedCaller(t *testing.T) {
	var ops []string
	for i := range 20 {
		ops = append(ops,
			fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"u%d","data":{"userName":"u%d"}}`, i, i),
			fmt.Sprintf(`{"method":"POST","path":"/Groups","bulkId":"g%d","data":{"displayName":"g%d","members":[{"value":"bulkId:u%d"}]}}`, i, i, i),
			fmt.Sprintf(`{"method":"DELETE","path":"/Users/no%d"}`, i),
			fmt.Sprintf(`{"method":"PATCH","path":"/Groups/no%d","data":{"schemas":[%q],"Operations":[]}}`, i, scim.PatchURN),
		)
	}
	q, err := bulk.Parse([]byte(`{"schemas":["`+bulk.RequestURN+`"],"Operations":[`+strings.Join(ops, ",")+`]}`), 100)
	if err != nil {
		t.Fatal(err)
	}
	forbidden := scim.Forbidden("no")
	for _, row := range []struct {
		allowed scim.Ref // the only allowed kind
		asked   int
		whole   bool
	}{
		{scim.Ref{}, 8, true},
		{scim.Ref{Type: scim.Group}, 2, false},
		{scim.Ref{Type: scim.User, ID: "no0"}, 3, false},
		{scim.Ref{Type: scim.Group, ID: "no0"}, 4, false},
	} {
		s := newSite()
		asked := 0
		s.Prove = func(_ context.Context, ref scim.Ref) error {
			asked++
			if ref == row.allowed {
				return nil
			}
			return forbidden
		}
		out, err := s.Run(t.Context(), q)
		if asked != row.asked {
			t.Errorf("%+v: asked %d times, want %d", row.allowed, asked, row.asked)
		}
		if row.whole != (err != nil) || !row.whole && len(out.Results) != len(ops) {
			t.Errorf("%+v: %v, %d results", row.allowed, err, len(out.Results))
		}
	}
}
