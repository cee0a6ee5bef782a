package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/onboarding"
	"keycloak-scim-proxy/proxy/tenants"
	"keycloak-scim-proxy/test/kcserver"
)

const (
	demoRealm   = "demo"
	demoTenant  = "workforce"
	demoAccount = "scim-workforce"
	demoDropIn  = "scim-dropin"
)

// demo is a proxy with one tenant, before a Keycloak of its own or one that is running.
type demo struct {
	dir, listen                  string
	keycloak, user, passwordFile string
	out                          io.Writer
	server                       *kcserver.Server
	dropInSecret                 string
	optional                     bool
	token                        tenants.Token
}

func demoCommand() *cobra.Command {
	d := &demo{}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Try it: a Keycloak, a realm, a tenant and the proxy, until Ctrl-C",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d.out = c.OutOrStdout()
			return d.run(c.Context())
		},
	}
	c.Flags().StringVar(&d.dir, "dir", ".demo", "directory for everything that the demo keeps")
	c.Flags().StringVar(&d.listen, "listen", ":8080", "address of the proxy")
	c.Flags().StringVar(&d.keycloak, "keycloak", "", "use the Keycloak at this URL instead of starting one")
	c.Flags().StringVar(&d.user, "admin-user", "admin", "with --keycloak: an administrator of the realm master")
	c.Flags().BoolVar(&d.optional, "optional-profile", false, "make every attribute of the realm's user profile optional and unchecked (conformance tools need that)")
	c.Flags().StringVar(&d.passwordFile, "admin-password-file", "", "with --keycloak: file with the administrator's password")
	return c
}

func (d *demo) run(ctx context.Context) error {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	if err := d.startKeycloak(ctx); err != nil {
		return err
	}
	defer func() { _ = d.server.Stop() }()
	if err := d.onboard(ctx); err != nil {
		return err
	}
	if err := d.loadToken(); err != nil {
		return err
	}
	p, err := proxy.New(d.config(), zap.NewNop())
	if err != nil {
		return err
	}
	var announced error
	return errors.Join(p.Run(ctx, func(a net.Addr) { announced = d.announce(a) }), announced)
}

func (d *demo) startKeycloak(ctx context.Context) error {
	if d.keycloak == "" {
		var err error
		d.server, err = kcserver.Start(ctx, kcserver.Options{DataDir: filepath.Join(d.dir, "keycloak"), Prefer: 8180, Progress: d.out})
		return err
	}
	if d.passwordFile == "" {
		return usageError{errors.New("--keycloak needs --admin-password-file")}
	}
	password, err := os.ReadFile(d.passwordFile)
	if err != nil {
		return err
	}
	d.server = &kcserver.Server{URL: strings.TrimSuffix(d.keycloak, "/"), AdminUser: d.user, AdminPassword: strings.TrimSpace(string(password))}
	return nil
}

func (d *demo) onboard(ctx context.Context) error {
	fmt.Fprintf(d.out, "setting up realm %s, tenant %s\n", demoRealm, demoTenant)
	admin, err := onboarding.Login(ctx, d.server.URL, d.server.AdminUser, d.server.AdminPassword)
	if err != nil {
		return err
	}
	_, exists, err := admin.Realm(ctx, demoRealm)
	if err == nil && !exists {
		err = admin.CreateRealm(ctx, demoRealm, nil)
	}
	if err == nil {
		err = admin.EnableSCIM(ctx, demoRealm)
	}
	if err != nil {
		return err
	}
	if d.optional {
		if err := admin.RelaxProfile(ctx, demoRealm); err != nil {
			return err
		}
	}
	secret, err := admin.EnsureAccount(ctx, demoRealm, demoAccount)
	if err != nil {
		return err
	}
	if err := os.WriteFile(d.secretFile(), []byte(secret+"\n"), 0o600); err != nil {
		return err
	}
	d.dropInSecret, err = admin.EnsureAccount(ctx, demoRealm, demoDropIn)
	return err
}

func (d *demo) secretFile() string { return filepath.Join(d.dir, "workforce.secret") }

// loadToken keeps the tenant's token from one start to the next.
func (d *demo) loadToken() error {
	file := filepath.Join(d.dir, "token")
	if b, err := os.ReadFile(file); err == nil {
		if d.token, err = tenants.Read(strings.TrimSpace(string(b))); err == nil {
			return nil
		}
	}
	var err error
	if d.token, err = tenants.Mint(rand.Reader, demoTenant, "k1"); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(d.token.Reveal()+"\n"), 0o600)
}

func (d *demo) config() config.Config {
	c := config.DropInOnly(d.server.URL, filepath.Join(d.dir, "store.db"))
	c.Listen, c.AdminListen = d.listen, ""
	sum := d.token.SHA256()
	t := config.DefaultTenant()
	t.Tenant, t.Realm = demoTenant, demoRealm
	t.ServiceAccount = config.ServiceAccount{ClientID: demoAccount, SecretFile: d.secretFile()}
	t.Tokens = []config.Token{{ID: "k1", SHA256: hex.EncodeToString(sum[:])}}
	c.Tenants = []config.Tenant{t}
	return c
}

func (d *demo) announce(a net.Addr) error {
	_, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return err
	}
	base := "http://localhost:" + port
	env := [][2]string{
		{"KEYCLOAK_URL", d.server.URL},
		{"KEYCLOAK_ADMIN", d.server.AdminUser},
		{"KEYCLOAK_ADMIN_PASSWORD", d.server.AdminPassword},
		{"DROPIN_URL", base + "/realms/" + demoRealm + "/scim/v2"},
		{"DROPIN_TOKEN_URL", d.server.URL + "/realms/" + demoRealm + "/protocol/openid-connect/token"},
		{"DROPIN_CLIENT_ID", demoDropIn},
		{"DROPIN_CLIENT_SECRET", d.dropInSecret},
		{"WORKFORCE_URL", base + "/scim/v2"},
		{"WORKFORCE_TOKEN", d.token.Reveal()},
	}
	var text strings.Builder
	for _, e := range env {
		fmt.Fprintf(&text, "%s='%s'\n", e[0], strings.ReplaceAll(e[1], "'", `'\''`))
	}
	file := filepath.Join(d.dir, "env")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(d.out, `
Keycloak      %s  (%s / %s)
SCIM base URL %s/scim/v2
bearer token  %s
all of it     %s

Try it:

curl -s %s/scim/v2/Users -H 'Authorization: Bearer %s' -H 'Content-Type: application/scim+json' -d '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada","externalId":"7","title":"Countess","name":{"givenName":"Ada","familyName":"Lovelace"},"emails":[{"value":"ada@example.com","type":"work","primary":true}]}'

Ctrl-C ends it.
`, d.server.URL, d.server.AdminUser, d.server.AdminPassword, base, d.token.Reveal(), file, base, d.token.Reveal())
	return nil
}
