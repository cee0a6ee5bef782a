package tenantcmd

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/config/configfile"
)

// CompleteTenants completes the name of a tenant, from the files that the command would use.
func (e Env) CompleteTenants(c *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	for _, f := range e.completed(c) {
		if t := f.Tenant; t.Tenant != "" && strings.HasPrefix(t.Tenant, begun) {
			about := "realm " + t.Realm
			if t.Group != "" {
				about += ", group " + t.Group
			}
			names = append(names, cobra.CompletionWithDesc(t.Tenant, about+", "+t.IDP))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// CompleteKeys completes the id of a key of the tenant in the first argument.
func (e Env) CompleteKeys(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var ids []cobra.Completion
	for _, f := range e.completed(c) {
		if len(args) == 0 || f.Tenant.Tenant != args[0] {
			continue
		}
		for _, k := range f.Tenant.Tokens {
			if strings.HasPrefix(k.ID, begun) {
				ids = append(ids, cobra.CompletionWithDesc(k.ID, stateOf(k, e.Now())))
			}
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// completed are the files of the tenants, none if they cannot be read: a shell has no place for an
// error.
func (e Env) completed(c *cobra.Command) []configfile.TenantFile {
	file := ""
	if f := c.Flags().Lookup("config"); f != nil {
		file = f.Value.String()
	}
	_, dir, err := e.Open(file, io.Discard)
	if err != nil {
		return nil
	}
	files, err := dir.List()
	if err != nil {
		return nil
	}
	return files
}
