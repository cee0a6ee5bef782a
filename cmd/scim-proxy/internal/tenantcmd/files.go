package tenantcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/config/tenantfile"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/revoked"
)

// Env is what the commands need besides their arguments.
type Env struct {
	// Known reports whether a dialect exists.
	Known configfile.Idps
	// Now is the time.
	Now func() time.Time
	// Random is a source of random bits that is cryptographically strong.
	Random io.Reader
	// Share adds revocations to a store that several proxies share. Nil: revocations are in files
	// only.
	Share func(context.Context, config.Store, []revoked.Entry) error
	// Tokens carries out a request for tokens that are made at run time, which are in the store.
	// Nil: there are none.
	Tokens func(context.Context, *config.Config, issued.Request) (issued.Answer, error)
}

// takesEffect says when a running proxy uses a change.
const takesEffect = "A running proxy that reads this file uses the change within seconds."

// Open returns the main file and the directory of the tenants. Problems of the main file that do
// not matter here are written to warn.
func (e Env) Open(flag string, warn io.Writer) (*config.Config, tenantfile.Dir, error) {
	file, err := cli.ConfigFile(flag)
	if err != nil {
		return nil, tenantfile.Dir{}, err
	}
	c, problems := configfile.LoadMain(file)
	switch {
	case c.TenantsDir == "" && len(problems) > 0:
		return nil, tenantfile.Dir{}, problems
	case c.TenantsDir == "":
		return nil, tenantfile.Dir{}, cli.Usage("%s has no tenantsDir, the directory with the files of the tenants: add it", file)
	}
	for _, p := range problems {
		fmt.Fprintf(warn, "warning: %s\n", p)
	}
	return c, tenantfile.Dir{Path: c.TenantsDir, Known: e.Known}, nil
}

// Find returns the file of a tenant.
func Find(d tenantfile.Dir, tenant string) (configfile.TenantFile, error) {
	f, err := d.Find(tenant)
	if errors.Is(err, tenantfile.ErrNoTenant) || errors.Is(err, os.ErrNotExist) {
		err = cli.UsageError{Err: err}
	}
	return f, err
}

// Explained adds to an error of a file that cannot be written here what to put there. The content
// goes to words.
func Explained(err error, words io.Writer) error {
	refused, ok := errors.AsType[*tenantfile.NotWritableError](err)
	if !ok {
		return err
	}
	fmt.Fprintf(words, "%s\n\nThe file should be:\n\n%s\n", strings.TrimSpace(refused.Error()), refused.Content)
	return fmt.Errorf("the file was not changed: put the text above into %s, such as in the ConfigMap that it comes from", refused.Path)
}

// when is a time for people.
func when(t, now time.Time) string {
	text := t.UTC().Format("2006-01-02 15:04 UTC")
	if days := int(t.Sub(now).Round(24*time.Hour) / (24 * time.Hour)); days > 1 {
		text += fmt.Sprintf(" (in %d days)", days)
	}
	return text
}
