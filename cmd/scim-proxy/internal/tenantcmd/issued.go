package tenantcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/issued"
)

// storeFlag is the help text of --in-store.
const storeFlag = "keep the token in the store instead of the file: each proxy of the store accepts it within seconds"

var errNoStore = errors.New("this command cannot use the store")

// inStore carries out a request of the operator for the tokens in the store.
func (e Env) inStore(ctx context.Context, c *config.Config, r issued.Request) (issued.Answer, error) {
	if e.Tokens == nil {
		return issued.Answer{}, errNoStore
	}
	r.By = cli.Operator()
	return e.Tokens(ctx, c, r)
}

// stored are the tokens in the store, by tenant; none, with a word about it, if the store cannot be
// read: the commands that show files work without it.
func (e Env) stored(ctx context.Context, c *config.Config, words io.Writer) map[string][]issued.Shown {
	if e.Tokens == nil {
		return nil
	}
	a, err := e.inStore(ctx, c, issued.Request{Action: issued.ActionList})
	if err != nil {
		fmt.Fprintf(words, "warning: tokens in the store are not shown: %v\n", err)
	}
	return a.All
}

// issue makes a token in the store, or replaces those that are there, and prints it.
func (e Env) issue(c *cobra.Command, cfg *config.Config, r issued.Request, expires string) error {
	if expires != "" {
		end, err := cli.Until(expires, e.Now().UTC())
		if err != nil {
			return fmt.Errorf("--expires: %w", err)
		}
		r.Expires = end
	}
	a, err := e.inStore(c.Context(), cfg, r)
	if err != nil {
		return err
	}
	words := c.ErrOrStderr()
	fmt.Fprintf(words, "The new key of %s is %s. Every proxy of the store accepts it within seconds.\n", r.Tenant, a.Made)
	for _, k := range a.Tokens {
		if k.State == issued.Live && k.ID != a.Made {
			fmt.Fprintf(words, "Also valid: %s.\n", describedIssued(k, e.Now()))
		}
	}
	fmt.Fprintln(words, "Give this token to the identity provider; it is not shown again:")
	fmt.Fprintln(c.OutOrStdout(), a.Text)
	return nil
}

func describedIssued(k issued.Shown, now time.Time) string {
	if k.Expires.IsZero() {
		return k.ID + " (does not expire)"
	}
	return k.ID + " until " + when(k.Expires, now)
}

// revokeStored revokes those of the keys that are in the store and not in the file, or all if none
// is named. It returns what it has revoked, and the keys that are left for the file.
func (e Env) revokeStored(ctx context.Context, c *config.Config, t config.Tenant, keys []string) (gone, rest []string, err error) {
	if e.Tokens == nil {
		return nil, keys, nil
	}
	if len(keys) == 0 {
		a, err := e.inStore(ctx, c, issued.Request{Tenant: t.Tenant, Action: issued.ActionRevokeAll})
		return a.Revoked, nil, err
	}
	inFile := func(id string) bool {
		return slices.ContainsFunc(t.Tokens, func(k config.Token) bool { return k.ID == id })
	}
	if !slices.ContainsFunc(keys, func(id string) bool { return !inFile(id) }) {
		return nil, keys, nil
	}
	found, err := e.inStore(ctx, c, issued.Request{Tenant: t.Tenant, Action: issued.ActionList})
	if err != nil {
		return nil, nil, fmt.Errorf("nothing was changed, because not all keys are in the file, and the tokens in the store cannot be read: %w", err)
	}
	for _, id := range keys {
		if inFile(id) || !slices.ContainsFunc(found.Tokens, func(k issued.Shown) bool { return k.ID == id }) {
			rest = append(rest, id)
			continue
		}
		if _, err := e.inStore(ctx, c, issued.Request{Tenant: t.Tenant, Action: issued.ActionRevoke, ID: id}); err != nil {
			return gone, rest, err
		}
		gone = append(gone, id)
	}
	return gone, rest, nil
}

// Drop deletes the tokens of a tenant from the store, because the tenant is removed. It returns the
// ids of those that were live.
func (e Env) Drop(ctx context.Context, c *config.Config, tenant string) ([]string, error) {
	if e.Tokens == nil {
		return nil, nil
	}
	a, err := e.inStore(ctx, c, issued.Request{Tenant: tenant, Action: issued.ActionDrop})
	return a.Revoked, err
}
