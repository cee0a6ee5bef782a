package tenantcmd

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/config/tenantfile"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/revoked"
)

// revocation is what `tenant revoke --output json` prints, which docs/commands.md documents.
type revocation struct {
	Tenant  string   `json:"tenant"`
	Revoked []string `json:"revoked"`
	Live    []string `json:"live"`
	// Shared reports whether the revocation is in the store.
	Shared bool     `json:"shared"`
	stored []string // the live ones in the store, for people
}

// Revoke is `tenant revoke`.
func (e Env) Revoke() *cobra.Command {
	var file, output string
	var keys []string
	var all, fileOnly bool
	c := &cobra.Command{
		Use:   "revoke TENANT",
		Short: "Remove bearer tokens from the tenant's file, and say which ones still work",
		Example: "  scim-proxy tenant revoke acme --config config.yaml --key k1\n" +
			"  scim-proxy tenant revoke acme --config config.yaml --all",
		Long: "Removes the keys from the file of the tenant, and revokes those that are in the store. If the store is Redis, the revocation is written to it too, so that every proxy of the store\n" +
			"refuses the tokens within 5 seconds, whatever its own files say, and also if the file cannot be written here.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if (len(keys) > 0) == all {
				return cli.Usage("revoke needs either --key ID or --all")
			}
			cfg, dir, err := e.Open(file, c.ErrOrStderr())
			if err != nil {
				return err
			}
			f, err := Find(dir, args[0])
			if err != nil {
				return err
			}
			if fileOnly || cfg.Store.Redis == nil {
				e.Share = nil
			}
			if fileOnly {
				e.Tokens = nil
			}
			r, left, err := e.revoked(c, cfg, dir, f, keys)
			switch {
			case err != nil:
				return err
			case output == "json":
				return cli.WriteJSON(c.OutOrStdout(), r)
			}
			e.printRevoked(c.OutOrStdout(), r, left)
			return nil
		},
	}
	cli.ConfigFlag(c, &file)
	c.Flags().StringSliceVar(&keys, "key", nil, "id of a key; may be repeated")
	c.Flags().BoolVar(&all, "all", false, "every token of the tenant: its identity provider is refused from then on")
	cli.OutputFlag(c, &output, "text", "json")
	c.Flags().BoolVar(&fileOnly, "file-only", false, "do not write the store: tokens in it stay, and other proxies refuse the tokens when their own files say so")
	return c
}

// revoked revokes keys of the file and of the store, or all if none is named. With all, those of
// the file are revoked also if the store cannot be used.
func (e Env) revoked(c *cobra.Command, cfg *config.Config, dir tenantfile.Dir, f configfile.TenantFile, keys []string) (r revocation, left config.Tenant, err error) {
	gone, rest, failed := e.revokeStored(c.Context(), cfg, f.Tenant, keys)
	if failed != nil && len(keys) > 0 {
		return r, left, failed
	}
	if len(rest) > 0 || len(keys) == 0 {
		if r, left, err = e.revoke(c, cfg.Store, dir, f.Path, rest); err != nil {
			return r, left, errors.Join(err, failed)
		}
	} else {
		left, r = f.Tenant, revocation{Tenant: f.Tenant.Tenant, Live: []string{}, Shared: true}
		for _, k := range liveKeys(left, e.Now()) {
			r.Live = append(r.Live, k.ID)
		}
	}
	r.Revoked = append(gone, r.Revoked...)
	for _, k := range e.stored(c.Context(), cfg, c.ErrOrStderr())[r.Tenant] {
		if k.State == issued.Live {
			r.Live, r.stored = append(r.Live, k.ID), append(r.stored, describedIssued(k, e.Now()))
		}
	}
	if failed != nil {
		failed = fmt.Errorf("the tokens of the file are revoked, those in the store are not: %w", failed)
	}
	return r, left, failed
}

// revoke removes the keys, or all if none is named. It returns the tenant without them.
func (e Env) revoke(c *cobra.Command, store config.Store, dir tenantfile.Dir, path string, keys []string) (r revocation, left config.Tenant, err error) {
	r.Revoked, r.Live = []string{}, []string{}
	var entries []revoked.Entry
	err = dir.Decide(c.Context(), path, func(t config.Tenant) ([]tenantfile.Change, error) {
		var changes []tenantfile.Change
		left = t
		left.Tokens = slices.DeleteFunc(slices.Clone(t.Tokens), func(k config.Token) bool { return len(keys) == 0 || slices.Contains(keys, k.ID) })
		for _, id := range keys {
			if !slices.ContainsFunc(t.Tokens, func(k config.Token) bool { return k.ID == id }) {
				return nil, cli.Usage("%s has no key %s; it has %s", t.Tenant, id, orNone(described(t.Tokens, e.Now())))
			}
		}
		for _, k := range t.Tokens {
			if len(keys) == 0 || slices.Contains(keys, k.ID) {
				changes, r.Revoked = append(changes, tenantfile.RemoveToken(k.ID)), append(r.Revoked, k.ID)
				entries = append(entries, revoked.Entry{Tenant: t.Tenant, Key: k.ID, SHA256: k.SHA256, At: e.Now().UTC()})
			}
		}
		return changes, e.share(c, store, entries)
	})
	r.Tenant, r.Shared = left.Tenant, e.Share != nil && len(entries) > 0
	for _, k := range liveKeys(left, e.Now()) {
		r.Live = append(r.Live, k.ID)
	}
	return r, left, Explained(err, c.ErrOrStderr())
}

func (e Env) printRevoked(out io.Writer, r revocation, left config.Tenant) {
	fmt.Fprintf(out, "Revoked keys of %s: %s.\n", r.Tenant, orNone(strings.Join(r.Revoked, ", ")))
	fmt.Fprintf(out, "Tokens that still work: %s.\n", orNone(strings.Join(append(r.stored, texts(liveKeys(left, e.Now()), e.Now())...), ", ")))
	fmt.Fprintln(out, takesEffect)
}

// share writes revocations to the store, before the file is changed: afterwards nothing knows the
// hashes any more.
func (e Env) share(c *cobra.Command, store config.Store, all []revoked.Entry) error {
	if e.Share == nil || len(all) == 0 {
		return nil
	}
	if err := e.Share(c.Context(), store, all); err != nil {
		return fmt.Errorf("nothing was changed, because the store cannot be written (--file-only changes the file alone): %w", err)
	}
	fmt.Fprintln(c.ErrOrStderr(), "Every proxy that uses the store refuses the tokens within 5 seconds.")
	return nil
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
