// Package consoles opens the console of operators as it is configured.
package consoles

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/console/signin"
	"keycloak-scim-proxy/proxy/store"
)

// Options of a console.
type Options struct {
	Config  config.Console
	Backend console.Backend
	// Space keeps the sessions: the one of signin.SpaceName.
	Space store.Space
	// Keycloak is the URL at which the proxy reaches Keycloak, To how.
	Keycloak string
	To       http.RoundTripper
	// Address returns the address of a browser.
	Address func(*http.Request) string
	// Note is called with what went wrong with sessions, Tell with what usually happens.
	Note func(what string, err error)
	Tell func(what string)
	Now  func() time.Time
}

// Console is the console of a proxy. The nil Console serves nothing.
type Console struct {
	pages *console.Console
	keep  func(context.Context) // keeps its sessions; nil: it has none
}

// Open opens the console; nil if it is not enabled.
func Open(o Options) (*Console, error) {
	if !o.Config.Enabled {
		return nil, nil //nolint:nilnil // the nil Console serves nothing
	}
	c, at := &Console{}, o.Config.SignIn
	var gate signin.Gate = signin.NewLocal(o.Now)
	if !at.Off {
		keycloak, err := signin.New(signin.Options{
			Space: o.Space, Keycloak: o.Keycloak, Transport: o.To, URL: o.Config.URL, Realm: at.Realm,
			ClientID: at.ClientID, Secret: at.Secret, Role: at.Role, Now: o.Now, Note: o.Note, Tell: o.Tell,
		})
		if err != nil {
			return nil, err
		}
		gate, c.keep = keycloak, keycloak.Run
	}
	var err error
	c.pages, err = console.New(console.Options{Backend: o.Backend, Gate: gate, URL: o.Config.URL, Now: o.Now, Address: o.Address})
	return c, err
}

// Routes adds the routes of the console. It returns the name of its own in URLs, if it has one.
func (c *Console) Routes(to map[string]http.Handler) (own []string) {
	if c == nil {
		return nil
	}
	h := c.pages.Handler()
	to[signin.Base], to[signin.Base+"/"] = h, h
	if u, err := url.Parse(c.pages.URL); err == nil && u.Host != "" {
		own = append(own, u.Host)
	}
	return own
}

// Run keeps sessions until the context ends. Then it ends the streams of open pages.
func (c *Console) Run(ctx context.Context) {
	if c == nil {
		return
	}
	stop := context.AfterFunc(ctx, c.pages.Close)
	defer stop()
	if c.keep != nil {
		c.keep(ctx)
	}
	<-ctx.Done()
}
