package onboardcmd

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/adapters/setup"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/checkcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/oauthcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/tenantcmd"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/tenantfile"
	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/tenant"
	"keycloak-scim-proxy/proxy/keycloak/clientkey"
)

// added is what `tenant add --output json` prints.
type added struct {
	planned

	File       string `json:"file"`
	SecretFile string `json:"secretFile"`
	BaseURL    string `json:"baseURL"`
	// Token is empty if the tenant had one already.
	Token string `json:"token,omitempty"`
	// OAuth is absent if the tenant accepts bearer tokens of its own only.
	OAuth *oauthcmd.Added `json:"oauth,omitempty"`
	Steps []string        `json:"steps"`

	hadToken bool
}

// fileOptions is what `tenant add` needs for the tenant's file and its first run. `tenant plan`
// takes it too, so that it can be run with the same arguments.
type fileOptions struct {
	required []string
	expires  string
	live     golive
}

func (o *fileOptions) flags(c *cobra.Command) {
	c.Flags().StringSliceVar(&o.required, "require", nil, "attributes that must survive, such as title,department; the tenant is staged until a canary is green")
	o.live.flags(c, "verify the tenant and run its canary at once, so that it is live if both succeed; until then it is staged")
	c.Flags().StringVar(&o.expires, "expires", "", "when the token expires: a span such as 90d, or a date (default never)")
}

// Add is `tenant add`.
func (e Env) Add() *cobra.Command {
	s := &onboard{Env: e}
	var output string
	var file fileOptions
	c := &cobra.Command{
		Use:   "add TENANT",
		Short: "Set a tenant up in Keycloak, write its file, and print its token, base URL and the provider's steps",
		Example: "  scim-proxy tenant add acme --realm saas --group acme --idp entra --pool 50 --map title,department,externalId\n" +
			"  scim-proxy tenant add acme --realm saas --group acme --idp entra --require title,department --live\n" +
			"  scim-proxy tenant add workforce --realm corp --idp okta",
		Long: "Makes sure of all that the tenant needs (tenant plan prints it first) and asks Keycloak with the tenant's own account whether it\n" +
			"works. Running it again changes only what is missing, so that a run that failed half-way can be repeated. A tenant that has a token\n" +
			"does not get another one: see tenant rotate.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := s.load(c, args[0]); err != nil {
				return err
			}
			if err := s.stage(file.required, file.live.live); err != nil {
				return err
			}
			if err := errors.Join(writable(s.dir.Path), writable(filepath.Dir(s.secret))); err != nil {
				return fmt.Errorf("nothing was changed, because the tenant's file could not be written: %w", err)
			}
			if err := s.connect(c.Context(), c); err != nil {
				return err
			}
			if err := s.makeKey(c); err != nil {
				return err
			}
			a, err := s.add(c, file.expires)
			if err != nil {
				return err
			}
			if output == "json" {
				err = cli.WriteJSON(c.OutOrStdout(), a)
			} else {
				a.print(c)
			}
			if err = errors.Join(err, s.prove(c)); err == nil && file.live.live {
				err = s.goLive(c, file.live)
			}
			return err
		},
	}
	s.commonFlags(c)
	s.specFlags(c)
	file.flags(c)
	cli.OutputFlag(c, &output, "text", "json")
	return c
}

// add changes Keycloak first and the files last: a tenant is served when all is there.
func (s *onboard) add(c *cobra.Command, expires string) (a added, err error) {
	a.Tenant, a.Warnings, a.Changes = s.name, []string{}, []tenant.Change{}
	warnings, err := s.in.Check(c.Context())
	if err != nil {
		return a, err
	}
	warn(c.ErrOrStderr(), warnings)
	a.Warnings = append(a.Warnings, warnings...)
	made := func(change tenant.Change) {
		a.Changes = append(a.Changes, change)
		fmt.Fprintln(c.ErrOrStderr(), change)
	}
	credentials, err := s.in.Apply(c.Context(), made)
	if err != nil {
		return a, fmt.Errorf("%w\n%d changes were made and stay; after mending the cause, the same command makes the others", err, len(a.Changes))
	}
	if a.OAuth, err = s.oauth.Ensure(c.Context(), s.session, s.config.Keycloak.URL, made); err != nil {
		return a, fmt.Errorf("the OAuth client is missing; after mending the cause, run the same command again: %w", err)
	}
	if err := s.writeSecret(c, credentials); err != nil {
		return a, fmt.Errorf("the tenant is set up in Keycloak, and its secret was not written; run the same command again: %w", err)
	}
	if a.Token, err = s.write(c, expires); err != nil {
		return a, tenantcmd.Explained(err, c.ErrOrStderr())
	}
	a.hadToken = len(s.file.Tenant.Tokens) > 0
	a.File, a.SecretFile = s.file.Path, s.secret
	a.BaseURL = cli.BaseURL(*s.config, s.name)
	a.Steps = setup.Steps(s.file.Tenant.IDP, a.BaseURL)
	return a, nil
}

func (s *onboard) writeSecret(c *cobra.Command, made onboarding.Credentials) error {
	if s.key { // it was written first
		return nil
	}
	return s.dir.WriteSecret(c.Context(), s.secret, made.Secret)
}

// makeKey makes the client's key if it has none yet. It is written before Keycloak knows it, so
// that an interrupted run uses the same one when it is repeated.
func (s *onboard) makeKey(c *cobra.Command) error {
	if !s.key || s.spec.Key != nil {
		return nil
	}
	key, err := clientkey.Generate(clientkey.ES256)
	if err != nil {
		return err
	}
	text, err := key.PEM()
	if err == nil {
		err = s.dir.WriteSecret(c.Context(), s.secret, strings.TrimSpace(string(text)))
	}
	s.spec.Key = &key
	s.in = tenant.New(s.session, s.spec)
	return err
}

// write writes the tenant's file, or adds what one that exists does not have: the organization, and
// a token if it has none. It returns the new token.
func (s *onboard) write(c *cobra.Command, expires string) (revealed string, err error) {
	t := &s.file.Tenant
	var changes []tenantfile.Change
	if s.spec.Organization != "" {
		had := t.Organization
		if t.Organization, err = s.in.OrganizationID(c.Context()); err != nil {
			return "", err
		}
		if t.Organization != had {
			changes = append(changes, tenantfile.Set("organization", t.Organization))
		}
	}
	if s.exists && s.oauth.Adds() {
		changes = append(changes, tenantfile.Set("oauth", *t.OAuth))
	}
	if len(t.Tokens) == 0 && s.oauth.Tokens() {
		token, key, err := s.NewKey(s.name, "", expires, nil)
		if err != nil {
			return "", err
		}
		revealed, t.Tokens = token.Reveal(), []config.Token{key}
		changes = append(changes, tenantfile.AddToken(key))
	}
	switch {
	case !s.exists:
		s.file.Path, err = s.dir.Create(c.Context(), *t)
	case changes != nil:
		err = s.dir.Edit(c.Context(), s.file.Path, changes...)
	}
	return revealed, err
}

func (a added) print(c *cobra.Command) {
	out := c.OutOrStdout()
	fmt.Fprintf(out, "\ntenant    %s\nfile      %s\nbase URL  %s\n", a.Tenant, a.File, a.BaseURL)
	if a.OAuth != nil {
		a.OAuth.Print(out)
	}
	if a.Token != "" {
		fmt.Fprintf(out, "token     %s\n          (it is not shown again; only its hash is kept)\n", a.Token)
	} else if a.hadToken {
		fmt.Fprintf(out, "token     as before; `scim-proxy tenant rotate %s` makes another\n", a.Tenant)
	}
	fmt.Fprintf(out, "\nAt the identity provider:\n")
	for i, step := range a.Steps {
		fmt.Fprintf(out, "%3d. %s\n", i+1, strings.ReplaceAll(step, "\n", "\n     "))
	}
}

// prove asks Keycloak with the tenant's own account whether the tenant works.
func (s *onboard) prove(c *cobra.Command) error {
	cfg := *s.config
	cfg.Tenants = []config.Tenant{s.located()}
	fmt.Fprintln(c.ErrOrStderr())
	return checkcmd.Tenants(c.Context(), c.ErrOrStderr(), cfg, "")
}

// located is the tenant with the path of its secret as this command finds it.
func (s *onboard) located() config.Tenant {
	t := s.file.Tenant
	if s.key {
		t.ServiceAccount.KeyFile = s.secret
	} else {
		t.ServiceAccount.SecretFile = s.secret
	}
	return t
}
