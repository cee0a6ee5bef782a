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
	var file string
	c := &cobra.Command{
		Use:     "check",
		Short:   "Read and unseal every record, while the proxy runs; the exit code is 1 if one is damaged",
		Example: "  scim-proxy store check --config config.yaml",
		Long: "Reads every record and opens it with the keys of store.encryption. Prints a line for each space, and each record that cannot be read.\n" +
			"The proxy may keep running: with an embedded store it makes a copy of its file, asked for at its admin listener.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, cfg, err := e.load(file)
			if err != nil {
				return err
			}
			out := c.OutOrStdout()
			var all guard.SpaceCounts
			err = reading(c.Context(), *cfg, func(s config.Store) (err error) {
				all, err = storage.Verify(c.Context(), s, guard.VerifyOptions{
					Space:   func(name string, n guard.SpaceCounts) { fmt.Fprintf(out, "space %s: %s\n", name, counts(n)) },
					Damaged: func(space, _ string, err error) { fmt.Fprintf(out, "space %s: %v\n", space, err) },
				})
				return err
			})
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "all spaces: %s\n", counts(all))
			if all.Damaged > 0 {
				return fmt.Errorf("%d records are damaged: restore a backup, or let the identity provider send these users and groups again", all.Damaged)
			}
			return nil
		},
	}
	cli.ConfigFlag(c, &file)
	return c
}

func counts(n guard.SpaceCounts) string {
	return fmt.Sprintf("%d records, %d bytes, %d not sealed, %d damaged", n.Records, n.Bytes, n.Plain, n.Damaged)
}
