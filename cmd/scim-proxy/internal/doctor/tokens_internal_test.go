package doctor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctor/report"
	"keycloak-scim-proxy/config"
)

// A tenant without a live token in its file may have one in the store, which is asked only then.
func TestStoredTokens(t *testing.T) {
	for name, row := range map[string]struct {
		tokens []config.Token
		live   int
		err    error
		want   string
	}{
		"in the store":       {nil, 2, nil, "ok 2 live in the store"},
		"none":               {nil, 0, nil, "problem the tenant has no token"},
		"not known":          {nil, 0, errors.New("down"), "skipped the file has no live token"},
		"one that has ended": {[]config.Token{{ID: "k1", Expires: config.Date{Time: time.Unix(1, 0)}}}, 1, nil, "ok 1 live in the store"},
		"in the file":        {[]config.Token{{ID: "k1"}}, 7, nil, "ok 1 of 1 live"},
	} {
		d := &doctor{Options: Options{Now: time.Now, Stored: func(context.Context, string) (int, error) { return row.live, row.err }}}
		f := &findings{report.Section{Subject: "tenant acme"}}
		d.tokens(t.Context(), f, config.Tenant{Tenant: "acme", Tokens: row.tokens})
		if got := string(f.All[0].Status) + " " + f.All[0].Text; len(f.All) != 1 || !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}
