package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/guardcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/simulate"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/tenantcmd"
	"keycloak-scim-proxy/proxy/checklist"
)

// completions are the values that shells complete, by flag ("--idp", or "simulate --idp" for one
// command), or by the word for an argument in the line Use of a command. Anything else has no
// completion. None of them sends a request, or reads a secret.
func completions(files tenantcmd.Env) map[string]cobra.CompletionFunc {
	anyFile := cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	return map[string]cobra.CompletionFunc{
		"TENANT":                files.CompleteTenants,
		"[REQUEST]":             cobra.NoFileCompletions,
		"FILE":                  endsIn("csv", "jsonl", "ndjson"),
		"BACKUP":                anyFile,
		"REPORT":                anyFile,
		"[main|tenant]":         oneOf("main", "tenant"),
		"status|release|close":  oneOf(guardcmd.Actions...),
		"--tenant":              files.CompleteTenants,
		"--config":              endsIn("yaml", "yml"),
		"--idp":                 oneOf(adapters.Names()...),
		"simulate --idp":        oneOf(simulate.Names()...),
		"--verb":                oneOf("create", "replace", "patch", "delete", "undo", "reapply"),
		"--auth":                oneOf("token", "oauth", "both"),
		"revoke --key":          files.CompleteKeys,
		"--waive":               oneOf(checklist.Lines(nil)...),
		"--unwaive":             oneOf(checklist.Lines(nil)...),
		"adopt --users":         anyFile,
		"--token-file":          anyFile,
		"--ca-file":             anyFile,
		"--admin-password-file": anyFile,
		"--store":               anyFile,
		"--sign-with":           anyFile,
		"--signature":           anyFile,
		"verify --key":          anyFile,
		"--dir":                 cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
	}
}

func oneOf(values ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}

// endsIn completes files with one of the extensions.
func endsIn(extensions ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(extensions, cobra.ShellCompDirectiveFilterFileExt)
}

// complete adds the completions to a tree of commands. Flags that have one already keep it.
func complete(root *cobra.Command, by map[string]cobra.CompletionFunc) {
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	each(root, func(c *cobra.Command) {
		if words := strings.Fields(c.Use)[1:]; len(words) > 0 && by[words[0]] != nil {
			c.ValidArgsFunction = inOrder(words, by)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			known := by[c.Name()+" --"+f.Name]
			if known == nil {
				known = by["--"+f.Name]
			}
			if _, has := c.GetFlagCompletionFunc(f.Name); known != nil && !has {
				_ = c.RegisterFlagCompletionFunc(f.Name, known) // the flag is there
			}
		})
	})
}

// inOrder completes the arguments that words name, each by its own completion.
func inOrder(words []string, by map[string]cobra.CompletionFunc) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= len(words) || by[words[len(args)]] == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return by[words[len(args)]](c, args, begun)
	}
}
