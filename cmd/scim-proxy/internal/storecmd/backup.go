package storecmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/storage"
)

func (e Env) backup() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:     "backup BACKUP",
		Short:   "Write all records to a file, while the proxy runs (docs/stores.md)",
		Example: "  scim-proxy store backup /backup/scim-2030-01-31\n  scim-proxy store backup - | age -r age1… > scim.age",
		Long: "Writes all records of the store to a new file with mode 0600, or to standard output if BACKUP is -. Sealed records stay sealed; the keys\n" +
			"are not in the file, so keep them elsewhere. The proxy may keep running: with an embedded store it makes a copy of its file, asked for at\n" +
			"its admin listener. Any store can be restored from the file.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			_, cfg, err := cli.Load(file, e.Known)
			if err != nil {
				return err
			}
			var records uint64
			write := func(to io.Writer) error {
				return reading(c.Context(), *cfg, func(s config.Store) (err error) {
					records, err = storage.Backup(c.Context(), s, to, e.Now().UTC())
					return err
				})
			}
			if args[0] == "-" {
				err = write(c.OutOrStdout())
			} else {
				err = newFile(c.Context(), args[0], write)
			}
			if err != nil {
				return fmt.Errorf("no backup was made: %w", err)
			}
			fmt.Fprintf(c.ErrOrStderr(), "%d records\n", records)
			return nil
		},
	}
	cli.ConfigFlag(c, &file)
	return c
}

// newFile writes a file that must not exist. It has its name only when it is complete and on disk.
func newFile(ctx context.Context, path string, write func(io.Writer) error) (err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(cli.Usage("%s exists: name a new file", path), err)
	}
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = errors.Join(ctx.Err(), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}
