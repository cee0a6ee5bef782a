package storecmd

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/store/guard"
)

// progressEvery is how often the progress within a large space is printed.
const progressEvery = 10 * time.Second

func (e Env) reseal() *cobra.Command {
	var file, output string
	var ignore bool
	c := &cobra.Command{
		Use:     "reseal",
		Short:   "Seal every record with the first key, so that old keys can be removed (docs/operations.md)",
		Example: "  scim-proxy store reseal --config config.yaml",
		Long: "Seals every record of the store with the first key of store.encryption.keyFiles, and reports which of the other keys may be removed.\n" +
			"Move the new key to the front in every proxy first. With Redis the proxies may keep running; with an embedded store stop the proxy\n" +
			"first. The command can be stopped at any point and run again. It exits with 1 if a key must stay.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			file, cfg, err := cli.Load(file, e.Known)
			if err != nil {
				return err
			}
			if cfg.Store.Encryption == nil {
				return cli.UsageError{Err: fmt.Errorf("%s has no store.encryption: add it with its keyFiles, the new key first", file)}
			}
			words, spaces := c.OutOrStdout(), []resealedSpace{}
			if output == "json" { // one document; the progress is for people
				words = c.ErrOrStderr()
			}
			o := resealProgress(words, e.Now)
			o.IgnoreUnreadable = ignore
			say := o.Progress
			o.Progress = func(space string, n guard.ResealCounts, done bool) {
				if say(space, n, done); done {
					spaces = append(spaces, resealedSpace{space, countsOf(n)})
				}
			}
			out, err := storage.Reseal(c.Context(), cfg.Store, o)
			if err != nil {
				return fmt.Errorf("%w; keep every key, and run the command again", InUse(err, "resealing"))
			}
			if output == "json" {
				r := resealedStore{countsOf(out.ResealCounts), spaces, keysOf(out.Keys, cfg.Store.Encryption.KeyFiles)}
				return errors.Join(cli.WriteJSON(c.OutOrStdout(), r), mustStay(out))
			}
			return reportResealed(c.OutOrStdout(), out, cfg.Store.Encryption.KeyFiles)
		},
	}
	cli.OutputFlag(c, &output, "text", "json")
	cli.ConfigFlag(c, &file)
	c.Flags().BoolVar(&ignore, "ignore-unreadable", false, "accept the loss of records that no key can open, and report the old keys as removable")
	return c
}

// resealProgress prints a line for each space, every progressEvery within a large space, and for
// each record that cannot be read.
func resealProgress(out io.Writer, now func() time.Time) guard.ResealOptions {
	last := now()
	return guard.ResealOptions{
		Progress: func(space string, n guard.ResealCounts, done bool) {
			more := ""
			switch {
			case !done && now().Sub(last) < progressEvery:
				return
			case !done:
				more = " so far"
			}
			last = now()
			fmt.Fprintf(out, "space %s: %s%s\n", space, resealCounts(n), more)
		},
		Waiting: func(d time.Duration) {
			fmt.Fprintf(out, "all records are sealed with the first key; in %s they are checked once more, because running proxies may still have been writing\n", d)
		},
		Unreadable: func(space, _ string, err error) { fmt.Fprintf(out, "space %s: %v\n", space, err) },
	}
}

func resealCounts(n guard.ResealCounts) string {
	return fmt.Sprintf("%d records, %d resealed, %d sealed for the first time, %d unreadable", n.Seen, n.Resealed, n.Sealed, n.Unreadable)
}

// reportResealed prints for each key whether it may be removed. It returns an error if one must
// stay.
func reportResealed(out io.Writer, r guard.Resealed, files []string) error {
	fmt.Fprintf(out, "all spaces: %s\n", resealCounts(r.ResealCounts))
	for i, use := range r.Keys {
		switch use {
		case guard.Writes:
			fmt.Fprintf(out, "%s: seals all records\n", files[i])
		case guard.Unused:
			fmt.Fprintf(out, "%s: no record is sealed with it: it may be removed from store.encryption.keyFiles of every proxy\n", files[i])
		case guard.InFront:
			fmt.Fprintf(out, "%s: must stay: a running proxy seals with it\n", files[i])
		case guard.Needed:
			fmt.Fprintf(out, "%s: must stay: records that cannot be read may be sealed with it\n", files[i])
		}
	}
	return mustStay(r)
}

// mustStay is the error of a store in which a key must stay besides the first one.
func mustStay(r guard.Resealed) (err error) {
	for _, use := range r.Keys {
		switch use {
		case guard.Writes, guard.Unused:
		case guard.InFront:
			err = errors.New("a key must stay: put the new key first in every proxy, restart them, and run the command again")
		case guard.Needed:
			err = fmt.Errorf("a key must stay: %d records cannot be read; restore them from a backup and run the command again, or accept their loss with --ignore-unreadable", r.Unreadable)
		}
	}
	return err
}
