package onboardcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/oauthcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/tenantcmd"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/config/tenantfile"
	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/tenant"
	"keycloak-scim-proxy/proxy/keycloak/clientkey"
)

// Env is what the commands need besides their arguments.
type Env struct{ tenantcmd.Env }

// onboard is a tenant that a command works with.
type onboard struct {
	Env
	admin      administrator
	configFile string
	// spec and idp are as the command line says; keys of an existing file win over defaults.
	spec tenant.Spec
	idp  string

	name   string
	config *config.Config
	dir    tenantfile.Dir
	// file is the tenant's file, if it exists.
	file   configfile.TenantFile
	exists bool
	secret string // path of the file with the client's secret or key
	key    bool   // the client signs with a key
	oauth  oauthcmd.Choice

	session *onboarding.Admin
	in      *tenant.Tenant
}

// commonFlags adds the flags that every command has.
func (s *onboard) commonFlags(c *cobra.Command) {
	cli.ConfigFlag(c, &s.configFile)
	s.admin.flags(c)
}

// specFlags adds the flags that say what a tenant shall have.
func (s *onboard) specFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&s.spec.Realm, "realm", "", "realm of the tenant in Keycloak")
	f.StringVar(&s.spec.Group, "group", "", "confine the tenant to this group at the top level of the realm (default: the tenant manages the whole realm)")
	f.StringVar(&s.spec.Organization, "organization", "", "with --group: alias or id of the organization that the tenant's users are members of")
	f.StringVar(&s.spec.ClientID, "client-id", "", "client of the tenant's service account (default scim-TENANT)")
	f.BoolVar(&s.key, "client-key", false, "let the client sign with a key of its own (client-jwt) instead of a secret")
	f.StringVar(&s.spec.SSO, "sso-idp", "", "alias of the identity provider of the realm that the tenant's users log in with; it must exist")
	f.IntVar(&s.spec.Pool, "pool", defaultPool, "with --group: how many free groups the tenant shall have")
	f.StringSliceVar(&s.spec.Map, "map", nil, "attributes that the realm's user profile shall have too, such as title,department,externalId")
	s.oauth.Flags(c)
	f.StringVar(&s.idp, "idp", "", "dialect of the identity provider (docs/idps.md; default generic)")
}

const defaultPool = 50

// load reads the configuration and the tenant's file, and combines it with the command line.
func (s *onboard) load(c *cobra.Command, name string) (err error) {
	s.name = name
	if s.config, s.dir, err = s.Open(s.configFile, c.ErrOrStderr()); err != nil {
		return err
	}
	if s.config.Keycloak.URL == "" {
		return cli.Usage("the configuration has no keycloak.url")
	}
	switch s.file, err = s.dir.Find(name); {
	case err == nil:
		s.exists = true
	case !errors.Is(err, tenantfile.ErrNoTenant):
		return err
	}
	return s.combine(c)
}

// combine fills what the command line leaves out from the tenant's file. A value that differs from
// the file is an error: the command does not move a tenant.
func (s *onboard) combine(c *cobra.Command) error {
	if !s.exists {
		s.file.Tenant = s.planned()
	} else if !c.Flags().Changed("pool") {
		s.spec.Pool = 0 // no more than there is
	}
	t := s.file.Tenant
	if err := s.match(t); err != nil {
		return err
	}
	s.spec.Organization = cmp.Or(s.spec.Organization, t.Organization)
	s.key, s.secret = t.ServiceAccount.KeyFile != "", cmp.Or(t.ServiceAccount.KeyFile, t.ServiceAccount.SecretFile)
	switch {
	case s.spec.Realm == "":
		return cli.Usage("there is no tenant %s yet: give --realm", s.name)
	case s.spec.Organization != "" && s.spec.Group == "":
		return cli.Usage("--organization needs --group")
	case s.spec.Pool < 0:
		return cli.Usage("--pool must not be negative")
	case s.secret == "":
		return fmt.Errorf("the tenant %s has its secret in the environment: set it up by hand (docs/accounts.md)", s.name)
	}
	if err := s.oauth.Combine(*s.config, &t); err != nil {
		return err
	}
	s.file.Tenant.OAuth = t.OAuth
	if !s.exists {
		if err := s.dir.Check(t); err != nil {
			return err
		}
		// a path in a file is relative to the file
		s.secret = filepath.Join(s.dir.Path, s.secret)
	}
	var err error
	s.secret, err = filepath.Abs(s.secret)
	return err
}

// planned is the file of a tenant that does not exist yet.
func (s *onboard) planned() config.Tenant {
	t := config.DefaultTenant()
	t.Tenant, t.Realm, t.Group, t.IDP = s.name, s.spec.Realm, s.spec.Group, cmp.Or(s.idp, t.IDP)
	t.ServiceAccount.ClientID = cmp.Or(s.spec.ClientID, "scim-"+s.name)
	if s.key {
		t.ServiceAccount.KeyFile = s.name + ".key"
	} else {
		t.ServiceAccount.SecretFile = s.name + ".secret"
	}
	if s.spec.SSO != "" { // with onDelete: delete, a sign-in would make a leaver anew
		t.OnDelete, t.SSOLink = "park", new(config.DefaultSSOLink())
		t.SSOLink.IDP = s.spec.SSO
	}
	if t.Group != "" {
		t.MembersShown = 0 // the account's queries for members are slow
	}
	return t
}

// match takes what the command line leaves out from a tenant's file.
func (s *onboard) match(t config.Tenant) error {
	for _, v := range []struct {
		flag string
		said *string
		has  string
	}{
		{"realm", &s.spec.Realm, t.Realm}, {"group", &s.spec.Group, t.Group},
		{"client-id", &s.spec.ClientID, t.ServiceAccount.ClientID}, {"idp", &s.idp, t.IDP},
	} {
		if *v.said != "" && *v.said != v.has {
			return cli.Usage("--%s %s: the tenant %s has %q in %s: edit the file, or remove the tenant first", v.flag, *v.said, s.name, v.has, s.file.Path)
		}
		*v.said = v.has
	}
	switch has := t.SSOLink; {
	case s.spec.SSO != "" && (has == nil || has.IDP != s.spec.SSO):
		return cli.Usage("--sso-idp %s: the tenant %s has no ssoLink to it in %s: edit the file (docs/leavers.md)", s.spec.SSO, s.name, s.file.Path)
	case has != nil:
		s.spec.SSO = has.IDP
	}
	if s.key && t.ServiceAccount.KeyFile == "" {
		return cli.Usage("--client-key: the tenant %s has a secret: edit the file, or remove the tenant first", s.name)
	}
	return nil
}

// connect opens the administrator's session.
func (s *onboard) connect(ctx context.Context, c *cobra.Command) error {
	var err error
	if s.session, err = s.admin.login(ctx, c, s.config.Keycloak); err == nil {
		err = s.readKey()
	}
	s.in = tenant.New(s.session, s.spec)
	return err
}

// readKey reads the client's key if it has one and it is there.
func (s *onboard) readKey() error {
	if !s.key {
		return nil
	}
	key, err := clientkey.Read(s.secret)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s.spec.Key = &key
	return err
}

// warn prints warnings.
func warn(out io.Writer, all []string) {
	for _, w := range all {
		fmt.Fprintf(out, "warning: %s\n", w)
	}
}

// writable reports an error if a file cannot be created in a directory.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
