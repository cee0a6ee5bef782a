package onboardcmd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/proxy/transport"
)

// Environment variables with the administrator's credentials.
const (
	userVariable     = "KEYCLOAK_ADMIN"
	passwordVariable = "KEYCLOAK_ADMIN_PASSWORD"
)

// administrator are the flags with the administrator's credentials.
type administrator struct {
	user, realm, passwordFile string
}

func (a *administrator) flags(c *cobra.Command) {
	c.Flags().StringVar(&a.user, "admin-user", "", "Keycloak's administrator (default that of "+userVariable+", or admin)")
	c.Flags().StringVar(&a.realm, "admin-realm", "master", "realm of the administrator")
	c.Flags().StringVar(&a.passwordFile, "admin-password-file", "", "file with the administrator's password, - for standard input; without it that of "+passwordVariable+", or a prompt")
}

// Optional are the flags of a command that does less without an administrator.
type Optional struct{ administrator }

// Flags adds the flags.
func (o *Optional) Flags(c *cobra.Command) { o.flags(c) }

// Given reports whether the command line or the environment names an administrator.
func (o *Optional) Given() bool {
	return o.user != "" || o.passwordFile != "" || os.Getenv(passwordVariable) != ""
}

// Login reads the administrator's credentials, which may ask on a terminal. The function opens a
// session with them.
func (o *Optional) Login(c *cobra.Command) (func(context.Context, config.Keycloak) (*onboarding.Admin, error), error) {
	who, err := o.who(c.Context(), c)
	return func(ctx context.Context, k config.Keycloak) (*onboarding.Admin, error) { return open(ctx, who, k) }, err
}

// login opens a session with the Keycloak of the configuration.
func (a *administrator) login(ctx context.Context, c *cobra.Command, k config.Keycloak) (*onboarding.Admin, error) {
	who, err := a.who(ctx, c)
	if err != nil {
		return nil, err
	}
	return open(ctx, who, k)
}

// who returns the credentials.
func (a *administrator) who(ctx context.Context, c *cobra.Command) (who onboarding.Administrator, err error) {
	who = onboarding.Administrator{Realm: a.realm, User: cmp.Or(a.user, os.Getenv(userVariable), "admin")}
	who.Password, err = a.password(ctx, c, who.User)
	return who, err
}

func open(ctx context.Context, who onboarding.Administrator, k config.Keycloak) (*onboarding.Admin, error) {
	to, err := transport.New(k, time.Now)
	if err != nil {
		return nil, err
	}
	return onboarding.Login(ctx, k.URL, who, to)
}

// maxPassword bounds a file or an input with a password.
const maxPassword = 4096

func (a *administrator) password(ctx context.Context, c *cobra.Command, user string) (string, error) {
	var text []byte
	var err error
	switch {
	case a.passwordFile == "-":
		text, err = io.ReadAll(io.LimitReader(c.InOrStdin(), maxPassword))
	case a.passwordFile != "":
		text, err = os.ReadFile(a.passwordFile)
	case os.Getenv(passwordVariable) != "":
		return os.Getenv(passwordVariable), nil
	default:
		return prompt(ctx, c, user)
	}
	if err != nil {
		return "", fmt.Errorf("--admin-password-file: %w", err)
	}
	if text = bytes.TrimRight(text, "\r\n"); len(text) == 0 {
		return "", errors.New("--admin-password-file: there is no password")
	}
	return string(text), nil
}

// prompt asks on a terminal.
func prompt(ctx context.Context, c *cobra.Command, user string) (string, error) {
	in := cli.Terminal(c.InOrStdin())
	if in == nil {
		return "", cli.Usage("there is no password of Keycloak's administrator: give --admin-password-file, or set %s", passwordVariable)
	}
	return cli.Password(ctx, in, c.ErrOrStderr(), fmt.Sprintf("Password of Keycloak's administrator %s: ", user))
}
