package tenantcmd

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy/issued"
)

// row is a tenant in the list. Its JSON is documented in docs/operations.md.
type row struct {
	Tenant string `json:"tenant"`
	Realm  string `json:"realm"`
	// Kind is realm or group.
	Kind         string `json:"kind"`
	Group        string `json:"group,omitempty"`
	Organization string `json:"organization,omitempty"`
	IDP          string `json:"idp"`
	State        string `json:"state"`
	Tokens       counts `json:"tokens"`
	File         string `json:"file"`
	// Served is false if the file has problems.
	Served   bool     `json:"served"`
	Problems []string `json:"problems"`
}

type counts struct {
	Live    int `json:"live"`
	Expired int `json:"expired"`
	Revoked int `json:"revoked,omitempty"`
	// NextExpiry is the first time at which a live token ends.
	NextExpiry *time.Time `json:"nextExpiry,omitempty"`
}

// List is `tenant list`.
func (e Env) List() *cobra.Command {
	var file, output string
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the tenants with their realm, provider, state and tokens",
		Example: "  scim-proxy tenant list --config config.yaml --output json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, dir, err := e.Open(file, c.ErrOrStderr())
			if err != nil {
				return err
			}
			files, err := dir.List()
			if err != nil {
				return err
			}
			rows, stored := []row{}, e.stored(c.Context(), cfg, c.ErrOrStderr())
			for _, f := range files {
				rows = append(rows, rowOf(f, stored[f.Tenant.Tenant], e.Now()))
			}
			if output == "json" {
				return cli.WriteJSON(c.OutOrStdout(), rows)
			}
			return printTable(c.OutOrStdout(), c.ErrOrStderr(), rows, e.Now())
		},
	}
	cli.ConfigFlag(c, &file)
	cli.OutputFlag(c, &output, "table", "json")
	return c
}

func rowOf(f configfile.TenantFile, stored []issued.Shown, now time.Time) row {
	t := f.Tenant
	r := row{
		Tenant: t.Tenant, Realm: t.Realm, Kind: t.Kind(), Group: t.Group, Organization: t.Organization, IDP: t.IDP, State: t.State,
		File: f.Path, Served: len(f.Problems) == 0, Problems: problems(f),
	}
	for _, k := range t.Tokens {
		r.Tokens.add(stateOf(k, now), k.End())
	}
	for _, k := range stored {
		r.Tokens.add(k.State, k.Expires)
	}
	return r
}

func (c *counts) add(state string, end time.Time) {
	switch state {
	case revokedKey, issued.Moved:
		c.Revoked++
	case expiredKey:
		c.Expired++
	default:
		c.Live++
		if !end.IsZero() && (c.NextExpiry == nil || end.Before(*c.NextExpiry)) {
			c.NextExpiry = &end
		}
	}
}

func problems(f configfile.TenantFile) []string {
	all := []string{}
	f.Problems.Sort()
	for _, p := range f.Problems {
		all = append(all, p.String())
	}
	return all
}

func printTable(out, words io.Writer, rows []row, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TENANT\tREALM\tKIND\tGROUP\tIDP\tSTATE\tTOKENS\tNEXT EXPIRY")
	for _, r := range rows {
		state, tokens, next := r.State, fmt.Sprint(r.Tokens.Live), "-"
		if !r.Served {
			state = "not served"
		}
		for _, one := range []struct {
			n     int
			state string
		}{{r.Tokens.Expired, expiredKey}, {r.Tokens.Revoked, revokedKey}} {
			if one.n > 0 {
				tokens += fmt.Sprintf(" (%d %s)", one.n, one.state)
			}
		}
		if r.Tokens.NextExpiry != nil {
			next = when(*r.Tokens.NextExpiry, now)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", cmp.Or(r.Tenant, "?"), cmp.Or(r.Realm, "?"), r.Kind, cmp.Or(r.Group, "-"), r.IDP, state, tokens, next)
	}
	for _, r := range rows {
		for _, p := range r.Problems {
			fmt.Fprintln(words, p)
		}
	}
	return w.Flush()
}
