package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctor/report"
	"keycloak-scim-proxy/config"
)

// listeners examines the addresses that the proxy listens on, and that callers use.
func (d *doctor) listeners(ctx context.Context) []report.Finding {
	f := &findings{report.Section{Subject: "proxy"}}
	running := d.runs(ctx)
	f.listener("listen", d.Config.Listen, running)
	if d.Config.AdminListen == "" {
		f.Add("adminListen", report.Warning, "adminListen is off: the proxy serves neither health nor metrics", "set adminListen to an address that only probes and Prometheus reach")
	} else {
		f.listener("adminListen", d.Config.AdminListen, running)
		f.public(d.Config.AdminListen)
	}
	d.publicURL(ctx, f, running)
	return f.All
}

// runs reports whether a proxy runs with this configuration on this machine.
func (d *doctor) runs(ctx context.Context) bool {
	admin := cli.AdminURL(d.Config)
	if admin == "" {
		return false
	}
	a, err := d.ask(ctx, admin+"/healthz")
	return err == nil && a.StatusCode == http.StatusOK
}

// ask sends a request to the proxy itself.
func (d *doctor) ask(ctx context.Context, target string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	return d.get(ctx, d.near, target, "")
}

// listener says whether an address is free, or used by a proxy that runs.
func (f *findings) listener(key, address string, running bool) {
	l, err := net.Listen("tcp", address)
	switch {
	case err == nil:
		f.OK(key, "%s is free", address)
		_ = l.Close()
	case running:
		f.OK(key, "a proxy runs on %s", address)
	case errors.Is(err, fs.ErrPermission):
		f.Add(key, report.Problem, fmt.Sprintf("%s: %v", address, err), "use a port above 1023, or allow the program to use lower ports (CAP_NET_BIND_SERVICE)")
	default:
		f.Add(key, report.Problem, fmt.Sprintf("%s cannot be used: %v", address, err), "end the other program that uses it, or change "+key)
	}
}

// public warns of an admin listener that other machines reach.
func (f *findings) public(address string) {
	host, _, _ := net.SplitHostPort(address)
	ip, err := netip.ParseAddr(host)
	const remedy = "listen on 127.0.0.1, or let a network policy or firewall admit only probes and Prometheus: whoever reaches it can let a canary run"
	switch {
	case host == "localhost", err == nil && ip.IsLoopback():
	case host == "", err == nil && ip.IsUnspecified():
		f.Add("adminListen", report.Warning, address+" is on every address of this machine", remedy)
	case err == nil && !ip.IsPrivate() && !ip.IsLinkLocalUnicast():
		f.Add("adminListen", report.Problem, address+" is a public address", remedy)
	default:
		f.Add("adminListen", report.Warning, address+" is reached by other machines", remedy)
	}
}

// publicURL asks at the address that identity providers use.
func (d *doctor) publicURL(ctx context.Context, f *findings, running bool) {
	const key = "publicURL"
	u, err := url.Parse(d.Config.PublicURL)
	switch {
	case d.Config.PublicURL == "" || err != nil:
		f.Add(key, report.Warning, "publicURL is not set: the Host header of each request decides what callers read as meta.location", "set publicURL to the scheme, host and path under which identity providers reach the proxy")
		return
	case u.Scheme == "http" && !loopback(u.Hostname()):
		f.Add(key, report.Problem, d.Config.PublicURL+" is not https: tokens pass the network in plain", "set publicURL to https, with tls here or at a reverse proxy in front")
		return
	}
	a, err := d.ask(ctx, d.Config.PublicURL+"/scim/v2/ServiceProviderConfig")
	status, kind, text, remedy := 0, "", "", ""
	if err != nil {
		text, remedy = untrusted(err, "the system's certificates", key)
	} else {
		status, kind = a.StatusCode, a.Header.Get("Content-Type")
	}
	switch {
	case text != "":
		f.Add(key, report.Problem, "the certificate of "+d.Config.PublicURL+" is not accepted: "+text, remedy)
	case err == nil && status == http.StatusUnauthorized && strings.HasPrefix(kind, "application/scim+json"):
		f.OK(key, "a SCIM server answers at %s", d.Config.PublicURL)
	case !running && (err != nil || status >= http.StatusInternalServerError):
		f.Skip(key, "no proxy runs on this machine, so %s was not asked", d.Config.PublicURL)
	case err != nil:
		f.Add(key, report.Warning, fmt.Sprintf("no answer from %s: %v", d.Config.PublicURL, err), "look at the name service, the firewall and the reverse proxy; it may be reachable only from elsewhere")
	default:
		f.Add(key, report.Problem, fmt.Sprintf("%s is not the proxy: %s/scim/v2 answers %d (%s)", d.Config.PublicURL, d.Config.PublicURL, status, kind),
			"correct publicURL, or let the reverse proxy pass /scim and /tenants below it to the proxy")
	}
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func tenantSigns(t config.Tenant) bool { return t.ServiceAccount.KeyFile != "" }
