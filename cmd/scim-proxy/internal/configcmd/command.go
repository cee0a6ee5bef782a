package configcmd

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
)

// Command is `config`. known reports whether a dialect exists.
func Command(known configfile.Idps) *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check and show the configuration"}
	c.AddCommand(checkCommand(known), showCommand(known), schemaCommand())
	return c
}

func checkCommand(known configfile.Idps) *cobra.Command {
	var file, output string
	c := &cobra.Command{
		Use:     "check",
		Short:   "Say whether the configuration is right, and what it serves, or everything that is wrong",
		Example: "  scim-proxy config check --config config.yaml",
		Long: "Reads the main file and all files of tenants as serve does, and prints every problem with file, line, column and key. It asks neither\n" +
			"Keycloak nor the store: scim-proxy doctor does. The exit code is 2 if something is wrong.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			file, err := cli.ConfigFile(file)
			if err != nil {
				return err
			}
			cfg, err := configfile.Load(file, known)
			if output == "json" {
				return errors.Join(cli.WriteJSON(c.OutOrStdout(), checkedOf(file, cfg, err)), err)
			}
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "ok\n%s", served(*cfg))
			}
			return err
		},
	}
	cli.ConfigFlag(c, &file)
	cli.OutputFlag(c, &output, "text", "json")
	return c
}

func showCommand(known configfile.Idps) *cobra.Command {
	var file, tenant, output string
	c := &cobra.Command{
		Use:   "show",
		Short: "Show every value of the configuration, with the file and line that it comes from, or that it is a default",
		Example: "  scim-proxy config show --config config.yaml\n" +
			"  scim-proxy config show --config config.yaml --tenant acme --output json",
		Long: "Prints the main file, or with --tenant the file of a tenant, with the defaults of absent keys. Secrets are in files and environment\n" +
			"variables, of which only the names are there; hashes of tokens are left out. If something is wrong, the exit code is 2.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			file, err := cli.ConfigFile(file)
			if err != nil {
				return err
			}
			values, err := valuesOf(file, tenant, known)
			if err != nil {
				return err
			}
			if output == "json" {
				return cli.WriteJSON(c.OutOrStdout(), values)
			}
			return values.writeYAML(c.OutOrStdout())
		},
	}
	cli.ConfigFlag(c, &file)
	c.Flags().StringVar(&tenant, "tenant", "", "show the file of this tenant instead of the main file")
	cli.OutputFlag(c, &output, "yaml", "json")
	return c
}

// valuesOf reads the main file, or the file of a tenant.
func valuesOf(file, tenant string, known configfile.Idps) (values, error) {
	main, problems := configfile.LoadMain(file)
	if len(problems) > 0 {
		return nil, problems
	}
	if tenant == "" {
		return flatten(*main, file, configfile.Lines[config.Config](file)), nil
	}
	if main.TenantsDir == "" {
		return nil, cli.Usage("%s has no tenantsDir, the directory with the files of the tenants", file)
	}
	files, err := configfile.ReadTenants(main.TenantsDir, known)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		switch {
		case f.Tenant.Tenant != tenant:
		case len(f.Problems) > 0:
			f.Problems.Sort()
			return nil, f.Problems
		default:
			return flatten(f.Tenant, f.Path, configfile.Lines[config.Tenant](f.Path)), nil
		}
	}
	return nil, cli.Usage("--tenant: there is no tenant %q in %s", tenant, main.TenantsDir)
}

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [main|tenant]",
		Short: "Print the JSON Schema of the main file, or of the file of a tenant, for editors",
		Example: "  scim-proxy config schema > scim-proxy.schema.json\n" +
			"  scim-proxy config schema tenant > tenant.schema.json",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			schema := configfile.Schema()
			switch {
			case len(args) == 0 || args[0] == "main":
			case args[0] == "tenant":
				var err error
				if schema, err = configfile.TenantSchema(); err != nil {
					return err
				}
			default:
				return cli.Usage("config schema: %q is neither main nor tenant", args[0])
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "%s\n", bytes.TrimSpace(schema))
			return err
		},
	}
}
