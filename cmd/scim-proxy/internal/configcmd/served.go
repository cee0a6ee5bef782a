package configcmd

import (
	"errors"
	"fmt"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
)

// checked is what config check prints as JSON.
type checked struct {
	File     string    `json:"file"`
	OK       bool      `json:"ok"`
	Problems []problem `json:"problems"`
	Tenants  []tenant  `json:"tenants"`
}

type problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Key     string `json:"key,omitempty"`
	Message string `json:"message"`
}

type tenant struct {
	Tenant  string `json:"tenant"`
	Realm   string `json:"realm"`
	Group   string `json:"group,omitempty"`
	IDP     string `json:"idp"`
	BaseURL string `json:"baseURL"`
}

func checkedOf(file string, c *config.Config, err error) checked {
	out := checked{File: file, OK: err == nil, Problems: []problem{}, Tenants: []tenant{}}
	if wrong, ok := errors.AsType[configfile.Problems](err); ok {
		for _, p := range wrong {
			out.Problems = append(out.Problems, problem{p.File, p.Line, p.Column, p.Path, p.Message})
		}
	}
	if c != nil {
		out.Tenants = append(out.Tenants, tenants(*c)...)
	}
	return out
}

func tenants(c config.Config) (all []tenant) {
	for _, t := range c.Tenants {
		all = append(all, tenant{t.Tenant, t.Realm, t.Group, t.IDP, cli.BaseURL(c, t.Tenant)})
	}
	return all
}

// served says what a proxy with the configuration does, one line for each thing.
func served(c config.Config) string {
	var text strings.Builder
	line := func(what, format string, args ...any) {
		fmt.Fprintf(&text, "%-9s %s\n", what, fmt.Sprintf(format, args...))
	}
	tls := ""
	if c.TLS != nil {
		tls = ", TLS"
	}
	line("listen", "%s%s", c.Listen, tls)
	if c.AdminListen != "" {
		line("admin", "%s", c.AdminListen)
	}
	line("keycloak", "%s", c.Keycloak.URL)
	switch s := c.Store; {
	case s.Embedded != nil:
		line("store", "%s", s.Embedded.Path)
	case s.Redis != nil && s.Redis.Sentinel != nil:
		line("store", "Redis, master %s of the sentinels %s", s.Redis.Sentinel.Master, strings.Join(s.Redis.Sentinel.Addresses, ", "))
	case s.Redis != nil:
		line("store", "Redis %s", strings.Join(s.Redis.Addresses, ", "))
	}
	if c.DropIn.Enabled {
		line("drop-in", "every realm whose SCIM API is enabled, at /realms/{realm}/scim/v2")
	}
	if p := c.DropIn.Passthrough; p != nil {
		line("", "other paths go to Keycloak, except %s", strings.Join(p.Deny, ", "))
	}
	for _, t := range tenants(c) {
		place := "realm " + t.Realm
		if t.Group != "" {
			place += ", group " + t.Group
		}
		line("tenant", "%s (%s): %s", t.Tenant, place, t.BaseURL)
	}
	return text.String()
}
