package onboardcmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/checkcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/onboarding/links"
	"keycloak-scim-proxy/onboarding/verify"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/transport"
)

// Verify is `tenant verify`.
func (e Env) Verify() *cobra.Command {
	s := &onboard{Env: e}
	var output string
	var live golive
	c := &cobra.Command{
		Use:     "verify TENANT",
		Short:   "Prove by attack that Keycloak confines the tenant's account",
		Example: "  scim-proxy tenant verify acme",
		Long: "Compares the account, its roles and every permission that reaches it with what the tenant needs, and then attacks with the account's\n" +
			"own access token, by the SCIM API and by the Admin REST API: users, groups and organizations outside the tenant, the realm, its\n" +
			"clients and keys. Only users and groups that it creates for that, and removes again, are attacked with requests that change\n" +
			"something. The exit code is 1 if an attack succeeds, or if the account may do more than the tenant needs.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := s.load(c, args[0]); err != nil {
				return err
			}
			if !s.exists {
				return cli.Usage("there is no tenant %s", s.name)
			}
			if err := s.connect(c.Context(), c); err != nil {
				return err
			}
			report, err := s.verify(c.Context())
			if report != nil && output == "json" {
				err = errors.Join(err, cli.WriteJSON(c.OutOrStdout(), report))
			} else if report != nil {
				_, printed := fmt.Fprint(c.OutOrStdout(), report.Text())
				err = errors.Join(err, printed)
			}
			if err == nil && !report.OK {
				err = fmt.Errorf("the tenant %s is not verified", s.name)
			}
			if err == nil && live.live {
				err = s.canary(c, live)
			}
			return err
		},
	}
	s.commonFlags(c)
	live.flags(c, "then run the tenant's canary (tenant canary), which lets a staged tenant go live")
	cli.OutputFlag(c, &output, "text", "json")
	return c
}

// decoyBytes is how many random bytes name the decoys of a verification.
const decoyBytes = 5

func (s *onboard) verify(ctx context.Context) (*verify.Report, error) {
	send, err := s.asAccount()
	if err != nil {
		return nil, err
	}
	id := make([]byte, decoyBytes)
	if _, err := s.Random.Read(id); err != nil {
		return nil, err
	}
	report, err := verify.New(s.session, s.spec, fmt.Sprintf("%x", id), send).Run(ctx)
	if err != nil || s.spec.SSO == "" {
		return report, err
	}
	step, err := links.Step(ctx, s.session, s.spec.Realm, s.spec.SSO)
	report.Add(step, err == nil)
	return report, err
}

// asAccount returns a function that sends requests with the access token of the tenant's account.
func (s *onboard) asAccount() (verify.Send, error) {
	to, err := transport.New(s.config.Keycloak, time.Now)
	if err != nil {
		return nil, err
	}
	client := keycloak.NewClient(s.config.Keycloak.URL, to, s.config.Keycloak.Timeout.Std(), s.config.Keycloak.MaxInFlight)
	account := checkcmd.AccountOf(client, s.located())
	direct := &http.Client{Transport: to, Timeout: s.config.Keycloak.Timeout.Std()}
	return verify.Over(direct, s.config.Keycloak.URL, s.spec.Realm, account.Token), nil
}
