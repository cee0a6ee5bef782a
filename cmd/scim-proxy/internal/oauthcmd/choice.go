package oauthcmd

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/oauthclient"
	"keycloak-scim-proxy/onboarding/tenant"
)

// Choice is how the identity provider of a tenant authenticates, and its OAuth client.
type Choice struct {
	auth   string // oauth, token or both
	client oauthclient.Client
	// before are the client IDs in the tenant's file.
	before []string
}

// Added is what `tenant add` prints of it.
type Added struct {
	TokenEndpoint string `json:"tokenEndpoint"`
	ClientID      string `json:"clientID"`
	Scope         string `json:"scope"`
	// Secret is empty if the client was there already.
	Secret string `json:"clientSecret,omitempty"`
}

// Flags adds the flags of a command that sets a tenant up.
func (o *Choice) Flags(c *cobra.Command) {
	c.Flags().StringVar(&o.auth, "auth", "", "how the identity provider authenticates: token, oauth (client credentials of a client in the realm) or both (default token)")
	c.Flags().StringVar(&o.client.ClientID, "oauth-client", "", "with --auth oauth or both: the client (default TENANT-idp)")
}

func (o *Choice) wanted() bool { return o.auth == "oauth" || o.auth == "both" }

// Combine completes what the command line says from the tenant's file, and adds the client to t.
func (o *Choice) Combine(cfg config.Config, t *config.Tenant) error {
	if t.OAuth != nil {
		o.before = t.OAuth.Clients
	}
	if o.auth == "" {
		o.auth = "token"
		if o.before != nil || o.client.ClientID != "" {
			o.auth = "both"
		}
		if o.before != nil && len(t.Tokens) == 0 {
			o.auth = "oauth"
		}
	}
	id := t.Tenant + "-idp"
	if o.before != nil {
		id = o.before[0]
	}
	o.client = oauthclient.Client{Realm: t.Realm, ClientID: cmp.Or(o.client.ClientID, id), Tenant: t.Tenant, URL: cli.BaseURL(cfg, t.Tenant)}
	switch {
	case o.auth != "token" && !o.wanted():
		return cli.Usage("--auth is token, oauth or both, not %q", o.auth)
	case !o.wanted():
		return nil
	case cfg.PublicURL == "":
		return cli.Usage("--auth %s needs publicURL in the configuration: the URL of the tenant is the audience of access tokens", o.auth)
	}
	if o.Adds() {
		t.OAuth = &config.OAuth{Clients: append(slices.Clone(o.before), o.client.ClientID)}
	}
	return nil
}

// Tokens reports whether the tenant shall have a token.
func (o *Choice) Tokens() bool { return o.auth != "oauth" }

// Adds reports whether the client is not in the tenant's file yet.
func (o *Choice) Adds() bool { return o.wanted() && !slices.Contains(o.before, o.client.ClientID) }

// Change is what would change in Keycloak, nil if nothing. existed reports whether there is a
// client.
func (o *Choice) Change(ctx context.Context, session *onboarding.Admin) (change *tenant.Change, existed bool, err error) {
	if !o.wanted() {
		return nil, false, nil
	}
	state, err := oauthclient.Check(ctx, session, o.client)
	if err != nil || state.Complete {
		return nil, state.Exists, err
	}
	c := &tenant.Change{What: "OAuth client " + o.client.ClientID, To: "without rights, for " + o.client.URL}
	if state.Exists {
		c.From = "incomplete, or with another audience"
	}
	return c, state.Exists, nil
}

// Ensure makes sure of the client in the Keycloak at base; nil if none is wanted.
func (o *Choice) Ensure(ctx context.Context, session *onboarding.Admin, base string, made func(tenant.Change)) (*Added, error) {
	change, existed, err := o.Change(ctx, session)
	if err != nil || !o.wanted() {
		return nil, err
	}
	a := &Added{TokenEndpoint: oauthclient.TokenEndpoint(base, o.client.Realm), ClientID: o.client.ClientID, Scope: oauthclient.Scope}
	if change == nil {
		return a, nil
	}
	secret, err := oauthclient.Ensure(ctx, session, o.client)
	if err != nil {
		return nil, err
	}
	if made(*change); !existed {
		a.Secret = secret
	}
	return a, nil
}

// Print prints it for people.
func (a *Added) Print(out io.Writer) {
	fmt.Fprintf(out, "OAuth     client credentials (RFC 6749 section 4.4) instead of a token:\n"+
		"          token endpoint  %s\n          client ID       %s\n          scope           %s\n", a.TokenEndpoint, a.ClientID, a.Scope)
	if a.Secret != "" {
		fmt.Fprintf(out, "          client secret   %s\n          (it is not shown again; Keycloak has it)\n", a.Secret)
	}
}

// Remove removes those of the tenant's OAuth clients that this program made for it.
func (o *Choice) Remove(ctx context.Context, session *onboarding.Admin, made func(tenant.Change)) error {
	ids := o.before
	if ids == nil { // there may be one whose tenant has no file
		ids = []string{o.client.ClientID}
	}
	for _, id := range ids {
		one := o.client
		one.ClientID = id
		had, err := oauthclient.Remove(ctx, session, one)
		if err != nil {
			return err
		}
		if had {
			made(tenant.Change{What: "OAuth client", From: id})
		}
	}
	return nil
}
