package storecmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/store/guard"
)

func (e Env) check() *cobra.Command {
	var file, output string
	c := &cobra.Command{
		Use:     "check",
		Short:   "Read and unseal every record, while the proxy runs; the exit code is 1 if one is damaged",
		Example: "  scim-proxy store check --config config.yaml",
		Long: "Reads every record and opens it with the keys of store.encryption. Prints a line for each space, and each record that cannot be read.\n" +
			"The proxy may keep running: with an embedded store it makes a copy of its file, asked for at its admin listener.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, cfg, err := cli.Load(file, e.Known)
			if err != nil {
				return err
			}
			words, found := c.OutOrStdout(), checkedStore{Spaces: []checkedSpace{}}
			if output == "json" { // one document; the progress is for people
				words = c.ErrOrStderr()
			}
			var all guard.SpaceCounts
			err = reading(c.Context(), *cfg, func(s config.Store) (err error) {
				all, err = storage.Verify(c.Context(), s, guard.VerifyOptions{
					Space: func(name string, n guard.SpaceCounts) {
						fmt.Fprintf(words, "space %s: %s\n", name, counts(n))
						found.Spaces = append(found.Spaces, checkedSpace{name, checked(n)})
					},
					Damaged: func(space, _ string, err error) { fmt.Fprintf(words, "space %s: %v\n", space, err) },
				})
				return err
			})
			if err != nil {
				return err
			}
			if found.checkedCounts = checked(all); output == "json" {
				err = cli.WriteJSON(c.OutOrStdout(), found)
			} else {
				_, err = fmt.Fprintf(words, "all spaces: %s\n", counts(all))
			}
			if err != nil {
				return err
			}
			if all.Damaged > 0 {
				return fmt.Errorf("%d records are damaged: restore a backup, or let the identity provider send these users and groups again", all.Damaged)
			}
			return nil
		},
	}
	cli.ConfigFlag(c, &file)
	cli.OutputFlag(c, &output, "text", "json")
	return c
}

// checkedStore is what `store check --output json` prints, which docs/commands.md documents.
type checkedStore struct {
	checkedCounts

	Spaces []checkedSpace `json:"spaces"`
}

type checkedCounts struct {
	Records int   `json:"records"`
	Bytes   int64 `json:"bytes"`
	Plain   int   `json:"plain"` // not sealed
	Damaged int   `json:"damaged"`
}

type checkedSpace struct {
	Space string `json:"space"`
	checkedCounts
}

func checked(n guard.SpaceCounts) checkedCounts {
	return checkedCounts(n)
}

func counts(n guard.SpaceCounts) string {
	return fmt.Sprintf("%d records, %d bytes, %d not sealed, %d damaged", n.Records, n.Bytes, n.Plain, n.Damaged)
}
