package configfile

import (
	"net/netip"
	"net/url"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/internal/value"
)

func (d document) validateConsole(c *config.Config) {
	s := c.Console.SignIn
	if !c.Console.Enabled {
		return
	}
	d.check(rule{"console.enabled", unless(c.AdminListen != "", "needs adminListen")})
	if s.Off {
		host, _, _ := value.SplitAddress(c.AdminListen)
		d.check(
			rule{"console.signIn.off", unless(loopback(host), "needs an adminListen on a loopback address, such as 127.0.0.1:9090, because everyone who reaches it is an operator")},
			rule{"console.signIn", unless(s.Realm == "" && s.ClientID == "" && s.SecretFile == "", "set either off, or realm, clientID and secretFile")},
			rule{"console.url", optional(c.Console.URL, consoleURL)},
		)
		return
	}
	d.check(
		rule{"console.url", consoleURL(c.Console.URL)},
		rule{"console.signIn.realm", required(s.Realm)},
		rule{"console.signIn.clientID", required(s.ClientID)},
		rule{"console.signIn.secretFile", value.RequiredFile(s.SecretFile)},
		rule{"console.signIn.role", required(s.Role)},
	)
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// consoleURL checks the URL under which browsers reach the console: an origin.
func consoleURL(s string) string {
	u, err := url.Parse(s)
	switch {
	case s == "":
		return "is required"
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || !value.IsHost(u.Hostname()) || u.User != nil || u.Scheme+"://"+u.Host != s:
		return "must be a scheme and a host without a path, such as https://scim-admin.example.com"
	}
	return unless(u.Scheme == "https" || loopback(u.Hostname()), "must be https, unless the host is localhost or a loopback address")
}
