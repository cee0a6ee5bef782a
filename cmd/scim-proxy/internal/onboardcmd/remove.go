package onboardcmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/onboarding/tenant"
)

// removed is what `tenant remove --output json` prints, which docs/commands.md documents.
type removed struct {
	Tenant string          `json:"tenant"`
	Gone   []tenant.Change `json:"removed"`
}

// Remove is `tenant remove`.
func (e Env) Remove() *cobra.Command {
	s := &onboard{Env: e}
	var what tenant.Removal
	var yes bool
	var output string
	c := &cobra.Command{
		Use:   "remove TENANT",
		Short: "Take a tenant's account, policy and permissions out of Keycloak, and remove its file; users stay",
		Example: "  scim-proxy tenant remove acme\n" +
			"  scim-proxy tenant remove acme --users --groups --yes",
		Long: "Deletes the client, the policy and the permissions in Keycloak, and then the tenant's file with its secret. Users and groups stay unless\n" +
			"their flags are given. The realm's settings stay as they are. What the proxy keeps for users that are gone is removed by tenant sweep,\n" +
			"while the tenant still has its file. Running it again after a failure completes it.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := s.load(c, args[0]); err != nil {
				return err
			}
			if (what.Users || what.Groups || what.Organization) && s.spec.Group == "" {
				return cli.Usage("--users, --groups and --organization are for tenants of one group: the tenant %s has the whole realm", s.name)
			}
			if err := s.confirm(c, what, yes); err != nil {
				return err
			}
			if err := s.connect(c.Context(), c); err != nil {
				return err
			}
			gone := removed{s.name, []tenant.Change{}}
			report := func(change tenant.Change) { fmt.Fprintln(c.OutOrStdout(), change) }
			if output == "json" {
				report = func(change tenant.Change) { gone.Gone = append(gone.Gone, change) }
			}
			err := errors.Join(s.oauth.Remove(c.Context(), s.session, report), s.in.Remove(c.Context(), what, report))
			if err == nil {
				err = s.removeFiles(c, report)
			}
			if output == "json" {
				err = errors.Join(cli.WriteJSON(c.OutOrStdout(), gone), err)
			}
			return err
		},
	}
	cli.OutputFlag(c, &output, "text", "json")
	s.commonFlags(c)
	f := c.Flags()
	f.StringVar(&s.spec.Realm, "realm", "", "realm, for a tenant without a file")
	f.StringVar(&s.spec.Group, "group", "", "group, for a tenant without a file")
	f.StringVar(&s.spec.ClientID, "client-id", "", "client, for a tenant without a file (default scim-TENANT)")
	f.BoolVar(&what.Users, "users", false, "delete the tenant's users too")
	f.BoolVar(&what.Groups, "groups", false, "delete the tenant's group and all groups below it too")
	f.BoolVar(&what.Organization, "organization", false, "delete the tenant's organization too")
	f.BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// confirm asks before anything is removed.
func (s *onboard) confirm(c *cobra.Command, what tenant.Removal, yes bool) error {
	if yes {
		return nil
	}
	all := []string{"the client " + s.spec.ClientID + " with its permissions"}
	for _, one := range []struct {
		asked bool
		text  string
	}{
		{what.Users, "ALL USERS in the group /" + s.spec.Group}, {what.Groups, "the group /" + s.spec.Group + " and the groups below it"},
		{what.Organization, "the organization " + s.spec.Organization},
	} {
		if one.asked {
			all = append(all, one.text)
		}
	}
	question := fmt.Sprintf("This deletes %s in realm %s at %s", strings.Join(all, ", "), s.spec.Realm, s.config.Keycloak.URL)
	if s.exists {
		question += ", and the files of the tenant in " + s.dir.Path
	}
	question += "."
	in := cli.Terminal(c.InOrStdin())
	if in == nil {
		return cli.Usage("%s Pass --yes to allow that", question)
	}
	if !cli.Confirm(c.Context(), in, c.ErrOrStderr(), question) {
		return errors.New("nothing was removed")
	}
	return nil
}

func (s *onboard) removeFiles(c *cobra.Command, report func(tenant.Change)) error {
	if !s.exists {
		return nil
	}
	gone, err := s.Drop(c.Context(), s.config, s.name) // while the tenant is known
	if err != nil {
		fmt.Fprintf(c.ErrOrStderr(), "warning: tokens in the store stay, and are valid again if a tenant of this name gets the same realm and group: %v\n", err)
	}
	for _, id := range gone {
		report(tenant.Change{What: "token in the store", From: id})
	}
	if err := s.dir.Remove(c.Context(), s.file.Path); err != nil {
		return err
	}
	report(tenant.Change{What: "file", From: s.file.Path})
	if err := os.Remove(s.secret); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	report(tenant.Change{What: "file", From: s.secret})
	return nil
}
