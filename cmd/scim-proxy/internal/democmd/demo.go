package democmd

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/checkcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/kcserver"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/userprofile"
	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/tokens"
)

const (
	demoTenantName = "workforce"
	demoAccount    = "scim-workforce"
	demoDropIn     = "scim-dropin"
)

// demo runs a proxy with one tenant, in front of a Keycloak that it starts or of one that runs
// already.
type demo struct {
	dir, listen                  string
	keycloak, user, passwordFile string
	caFile                       string
	realm, saas                  string
	optional, yes, remove        bool
	in                           io.Reader
	terminal                     bool // whether in is a terminal, so that the demo can ask
	out                          io.Writer
	server                       *kcserver.Server
	dropInSecret                 string
	tenants                      []demoTenant
}

// demoTenant is a tenant of the demo, with its token.
type demoTenant struct {
	config.Tenant
	token tokens.Token
}

// Command returns `demo`.
func Command() *cobra.Command {
	d := &demo{}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Try it: start Keycloak and the proxy with a realm and a tenant, until Ctrl-C",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d.in, d.terminal, d.out = c.InOrStdin(), cli.Terminal(os.Stdin) != nil, c.OutOrStdout()
			return d.run(c.Context())
		},
	}
	c.Flags().StringVar(&d.dir, "dir", ".demo", "directory for all files of the demo")
	c.Flags().StringVar(&d.listen, "listen", ":8080", "address of the proxy")
	c.Flags().StringVar(&d.keycloak, "keycloak", "", "use the Keycloak at this URL instead of starting one")
	c.Flags().StringVar(&d.user, "admin-user", "admin", "with --keycloak: an administrator of the realm master")
	c.Flags().BoolVar(&d.optional, "optional-profile", false, "make every attribute of the realm's user profile optional and unvalidated (conformance tools need that)")
	c.Flags().StringVar(&d.passwordFile, "admin-password-file", "", "with --keycloak: file with the administrator's password")
	cli.CAFlag(c, &d.caFile, "the Keycloak of --keycloak")
	c.Flags().StringVar(&d.realm, "realm", "demo", "the realm to create; an existing one is used only after you confirm it")
	c.Flags().StringVar(&d.saas, "saas-realm", "saas", "the realm to create for the group tenants acme and globex; empty: no group tenants")
	c.Flags().BoolVar(&d.yes, "yes", false, "with --keycloak: use an existing realm without asking")
	c.Flags().BoolVar(&d.remove, "remove", false, "with --keycloak: remove everything that the demo created on that server, and exit")
	return c
}

func (d *demo) run(ctx context.Context) error {
	if err := d.check(); err != nil {
		return cli.UsageError{Err: err}
	}
	if err := d.startKeycloak(ctx); err != nil {
		return err
	}
	defer func() { _ = d.server.Stop() }()
	if d.remove {
		return d.removeAll(ctx)
	}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	if err := d.onboard(ctx); err != nil {
		return err
	}
	_, err := os.Stat(d.storeFile())
	newStore := errors.Is(err, fs.ErrNotExist)
	p, err := proxy.New(d.config(), zap.NewNop()) //nolint:contextcheck // it has its own timeout for the store
	if err == nil && newStore {                   // Keycloak may have the mark of an earlier demo's store
		err = p.AcceptStore(ctx)
	}
	if err != nil {
		return err
	}
	var report bytes.Buffer
	if checkcmd.Tenants(ctx, &report, d.config(), "") != nil {
		fmt.Fprintf(d.out, "warning: a tenant does not have all that it needs\n%s", report.String())
	}
	var announced error
	return errors.Join(p.Run(ctx, func(a net.Addr) { announced = d.announce(a) }), announced)
}

func (d *demo) storeFile() string { return filepath.Join(d.dir, "store.db") }

func (d *demo) check() error {
	switch {
	case d.keycloak != "" && d.passwordFile == "":
		return errors.New("--keycloak needs --admin-password-file, a file with the administrator's password")
	case d.keycloak == "" && d.caFile != "":
		return errors.New("--ca-file needs --keycloak")
	case d.keycloak == "" && d.remove:
		return errors.New("--remove needs --keycloak; to remove the demo's own Keycloak, delete the directory " + d.dir)
	}
	return errors.Join(checkRealm("--realm", d.realm), checkSaaS(d.saas, d.realm))
}

func checkSaaS(realm, other string) error {
	switch realm {
	case "":
		return nil
	case other:
		return errors.New("--saas-realm must be another realm than --realm")
	}
	return checkRealm("--saas-realm", realm)
}

func checkRealm(flag, realm string) error {
	switch {
	case strings.Trim(realm, ".") == "" || realm != url.PathEscape(realm):
		return fmt.Errorf("%s %q is not the name of a realm: a name must not be empty, consist of dots, or have characters that URLs escape", flag, realm)
	case realm == "master":
		return fmt.Errorf("%s master: the demo does not change the realm of Keycloak's administrators; name another realm", flag)
	}
	return nil
}

func (d *demo) startKeycloak(ctx context.Context) error {
	if d.keycloak == "" {
		var err error
		d.server, err = kcserver.Start(ctx, kcserver.Options{DataDir: filepath.Join(d.dir, "keycloak"), Prefer: 8180, Progress: d.out})
		return err
	}
	password, err := os.ReadFile(d.passwordFile)
	if err != nil {
		return err
	}
	d.server = &kcserver.Server{URL: strings.TrimSuffix(d.keycloak, "/"), AdminUser: d.user, AdminPassword: strings.TrimSpace(string(password))}
	return nil
}

func (d *demo) onboard(ctx context.Context) error {
	admin, err := d.prepareRealm(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "setting up realm %s, tenant %s\n", d.realm, demoTenantName)
	if d.optional {
		if err := userprofile.Change(ctx, admin, d.realm, userprofile.Profile.Relaxed); err != nil {
			return err
		}
	}
	made, err := admin.EnsureAccount(ctx, d.account(demoAccount))
	if err != nil {
		return err
	}
	workforce := config.DefaultTenant()
	workforce.Tenant, workforce.Realm, workforce.ServiceAccount.ClientID = demoTenantName, d.realm, demoAccount
	if err := d.add(workforce, made.Secret); err != nil {
		return err
	}
	if made, err = admin.EnsureAccount(ctx, d.account(demoDropIn)); err != nil {
		return err
	}
	d.dropInSecret = made.Secret
	return d.onboardSaaS(ctx, admin)
}

// add writes the secret of a tenant's account to a file, and adds the tenant with its token.
func (d *demo) add(t config.Tenant, secret string) error {
	t.ServiceAccount.SecretFile = filepath.Join(d.dir, t.Tenant+".secret")
	if err := os.WriteFile(t.ServiceAccount.SecretFile, []byte(secret+"\n"), 0o600); err != nil {
		return err
	}
	token, err := d.token(t.Tenant)
	if err != nil {
		return err
	}
	sum := token.SHA256()
	t.Tokens = []config.Token{{ID: "k1", SHA256: hex.EncodeToString(sum[:])}}
	d.tenants = append(d.tenants, demoTenant{t, token})
	return nil
}

func (d *demo) account(clientID string) onboarding.Account {
	return onboarding.Account{Realm: d.realm, ClientID: clientID, Kind: onboarding.WholeRealm}
}

// token reads the token of a tenant from an earlier start, or creates one.
func (d *demo) token(tenant string) (tokens.Token, error) {
	file := filepath.Join(d.dir, tenant+".token")
	if tenant == demoTenantName {
		file = filepath.Join(d.dir, "token")
	}
	if b, err := os.ReadFile(file); err == nil {
		if token, err := tokens.Read(strings.TrimSpace(string(b))); err == nil {
			return token, nil
		}
	}
	token, err := tokens.Mint(rand.Reader, tenant, "k1")
	if err == nil {
		err = os.WriteFile(file, []byte(token.Reveal()+"\n"), 0o600)
	}
	return token, err
}

func (d *demo) config() config.Config {
	c := config.DropInOnly(d.server.URL, d.storeFile())
	c.Listen, c.AdminListen, c.Keycloak.CAFile = d.listen, "", d.caFile
	for _, t := range d.tenants {
		c.Tenants = append(c.Tenants, t.Tenant)
	}
	return c
}
