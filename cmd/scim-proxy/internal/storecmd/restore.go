package storecmd

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/store/backup"
)

func (e Env) restore() *cobra.Command {
	var file string
	var replace bool
	c := &cobra.Command{
		Use:   "restore BACKUP",
		Short: "Write the records of a backup to the store (docs/stores.md)",
		Example: "  scim-proxy store restore /backup/scim-2030-01-31\n" +
			"  scim-proxy store restore --config redis.yaml --replace /backup/scim-2030-01-31",
		Long: "Reads the whole backup first, and refuses one that was cut short or damaged. Then it replaces all records of the store. Stop an embedded\n" +
			"proxy before; with Redis running proxies refuse their store until the command has ended, and must be restarted then. If the command is\n" +
			"stopped, an embedded store is as before or, if it was missing, refused; Redis is refused. Run it again.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			_, cfg, err := cli.Load(file, e.Known)
			if err != nil {
				return err
			}
			from, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer from.Close()
			f, err := backup.Open(from)
			if err != nil {
				return fmt.Errorf("%s: %w; nothing was changed", args[0], err)
			}
			out := c.OutOrStdout()
			fmt.Fprintf(out, "backup of %s: %d records, stamp %s\n", f.Created.Format(time.RFC3339), f.Records, f.Stamp)
			err = storage.Restore(c.Context(), cfg.Store, f, backup.RestoreOptions{
				Replace: replace, Now: e.Now().UTC(),
				Waiting: func(d time.Duration) {
					fmt.Fprintf(out, "waiting %s until running proxies have stopped using the store\n", d)
				},
			})
			if errors.Is(err, backup.ErrNotEmpty) {
				return fmt.Errorf("%w; --replace deletes them", err)
			}
			if err != nil {
				return InUse(err, "restoring")
			}
			fmt.Fprintln(out, "restored: start the proxies, or restart those that run")
			return nil
		},
	}
	cli.ConfigFlag(c, &file)
	c.Flags().BoolVar(&replace, "replace", false, "delete the records that the store has")
	return c
}
