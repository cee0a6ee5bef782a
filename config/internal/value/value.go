package value

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Control is a control character.
var Control = regexp.MustCompile(`[\x00-\x1f\x7f]`)

// unless returns the message if the condition does not hold.
func unless(holds bool, message string) string {
	if holds {
		return ""
	}
	return message
}

// Reason says why a file cannot be read. It leaves out the name, which the problem has.
func Reason(err error) string {
	if errors.Is(err, os.ErrNotExist) {
		return "there is no such file"
	}
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		err = pe.Err
	}
	return "cannot be read: " + err.Error()
}

// Readable says what is wrong with a file that must have content.
func Readable(name string) string {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return Reason(err)
	case !info.Mode().IsRegular():
		return "is not a regular file"
	}
	f, err := os.Open(name)
	if err != nil {
		return Reason(err)
	}
	defer f.Close()
	if _, err := f.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
		return "the file is empty"
	} else if err != nil {
		return Reason(err)
	}
	return ""
}

// RequiredFile checks that a file is named and has content.
func RequiredFile(name string) string {
	if name == "" {
		return "is required"
	}
	return Readable(name)
}

// Directory checks that a directory exists.
func Directory(name string) string {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "there is no such directory"
	case err != nil:
		return Reason(err)
	}
	return unless(info.IsDir(), "is not a directory")
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Variable checks the name of an environment variable. It never repeats the name, which may be the
// secret itself.
func Variable(name string) string {
	if !envName.MatchString(name) {
		return "must be the name of an environment variable"
	}
	return unless(strings.TrimSpace(os.Getenv(name)) != "", "the environment variable is not set, or empty")
}

// ListenAddress checks an address to listen on. Port 0 means any free port.
func ListenAddress(s string) string {
	host, port, ok := SplitAddress(s)
	return unless(ok && port >= 0 && (host == "" || IsHost(host)), "must be host:port, such as :8080")
}

// DialAddress checks an address to connect to.
func DialAddress(s string) string {
	host, port, ok := SplitAddress(s)
	return unless(ok && port > 0 && IsHost(host), "must be host:port, such as redis:6379")
}

// SplitAddress splits host:port.
func SplitAddress(s string) (host string, port int, ok bool) {
	host, text, err := net.SplitHostPort(s)
	n, bad := strconv.ParseUint(text, 10, 16)
	return host, int(n), err == nil && bad == nil
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9.])?$`)

// IsHost reports whether a text is the name of a host or an IP address.
func IsHost(s string) bool { return hostName.MatchString(s) || net.ParseIP(s) != nil }

// baseURL checks a URL that paths are appended to.
func baseURL(s string) string {
	u, err := url.Parse(s)
	switch {
	case s == "":
		return "is required"
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || !IsHost(u.Hostname()) || !isPort(u.Host):
		return "must be a URL with http or https and a host, such as https://example.com:8443"
	case u.User != nil:
		return "must not hold a user or password"
	case strings.ContainsAny(s, "?#"):
		return "must not have a query or fragment"
	}
	return unless(u.Path == "" || u.Path != "/" && u.RawPath == "" && path.Clean(u.Path) == u.Path && !strings.ContainsAny(u.Path, " \\;%"),
		"must end with the host or a plain path, such as https://example.com:8443/auth")
}

// isPort checks the port of host[:port]. A colon without a port is refused, because the URL would
// lose it.
func isPort(host string) bool {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || strings.HasSuffix(host, "]") {
		return true
	}
	n, err := strconv.ParseUint(host[i+1:], 10, 16)
	return err == nil && n > 0
}

// KeycloakURL checks the URL of the server.
func KeycloakURL(s string) string {
	if s := baseURL(s); s != "" {
		return s
	}
	return unless(!strings.Contains(s+"/", "/realms/") && !strings.Contains(s+"/", "/admin/"), "must be the URL of the server, without /realms or /admin")
}

// WebhookURL checks a URL that events are sent to. It never repeats the value.
func WebhookURL(s string) string {
	u, err := url.Parse(s)
	switch {
	case s == "":
		return "is required"
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || !IsHost(u.Hostname()) || !isPort(u.Host) || u.Fragment != "":
		return "must be a URL with http or https and a host, such as https://example.com/hook"
	}
	return unless(u.User == nil, "must not hold a user or password")
}

// PublicURL checks the URL under which callers reach the proxy.
func PublicURL(s string) string {
	if s := baseURL(s); s != "" {
		return s
	}
	return unless(!strings.HasSuffix(s, "/scim/v2"), "must be without /scim/v2, which is added")
}

// Confidential reports whether a request to a URL cannot be read on the way: by https, or on this
// machine.
func Confidential(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" {
		return err == nil && u.Scheme == "https"
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// OutboundProxy checks a proxy. It never repeats the value, because a URL may contain a password.
func OutboundProxy(s string) string {
	if s == "environment" {
		return ""
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) || !IsHost(u.Hostname()) || !isPort(u.Host):
		return "must be environment, or a URL with http, https or socks5 and a host, such as http://proxy:3128"
	case u.User != nil:
		return "must not hold a user or password: use environment"
	}
	return unless(u.Path == "" && !strings.ContainsAny(s, "?#"), "must end with the host or port")
}

// Network reads an IP address or a network in CIDR notation.
func Network(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	return netip.ParsePrefix(s)
}

// TrustedNetwork checks an address or network of reverse proxies.
func TrustedNetwork(s string) string { return network(s, "would trust every caller") }

// AllowedNetwork checks an address or network of clients.
func AllowedNetwork(s string) string {
	return network(s, "would allow every address of its kind: leave allowedNetworks out")
}

// network checks an address or network. Addresses are compared as IPv4 if they are one in IPv6
// form, so a network of that form would contain none.
func network(s, all string) string {
	switch n, err := Network(s); {
	case err != nil:
		return "must be an IP address or a network such as 10.0.0.0/8"
	case n.Bits() == 0:
		return all
	case n.Addr().Is4In6():
		return "must be written as a network of IPv4, such as 10.0.0.0/8"
	}
	return ""
}

// PlainPath checks a path that decoded paths are compared with.
func PlainPath(s string) string {
	return unless(strings.HasPrefix(s, "/") && s != "/" && path.Clean(s) == s && !strings.ContainsAny(s, `\;?#%`) && !Control.MatchString(s),
		"must be a plain path such as /admin")
}
