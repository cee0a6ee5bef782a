package config

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

// rule is one condition: what is wrong at a path, or "".
type rule struct{ path, wrong string }

func (d document) check(rules ...rule) {
	for _, r := range rules {
		if r.wrong != "" {
			d.Wrong(r.path, r.wrong)
		}
	}
}

// unless is the message where a condition does not hold.
func unless(holds bool, message string) string {
	if holds {
		return ""
	}
	return message
}

// optional is what is wrong with a value that is there.
func optional(value string, check func(string) string) string {
	if value == "" {
		return ""
	}
	return check(value)
}

func required(value string) string { return unless(value != "", "is required") }

func positive[N ~int | ~int64 | ~float64](n N) string { return unless(n > 0, "must be more than 0") }

func oneOf(value string, allowed ...string) string {
	last := len(allowed) - 1
	return unless(slices.Contains(allowed, value), "must be "+strings.Join(allowed[:last], ", ")+" or "+allowed[last])
}

// reason is why a file cannot be had, without its name, which the problem has.
func reason(err error) string {
	if errors.Is(err, os.ErrNotExist) {
		return "there is no such file"
	}
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		err = pe.Err
	}
	return "cannot be read: " + err.Error()
}

// readable is what is wrong with a file that must hold something.
func readable(name string) string {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return reason(err)
	case !info.Mode().IsRegular():
		return "is not a regular file"
	}
	f, err := os.Open(name)
	if err != nil {
		return reason(err)
	}
	defer f.Close()
	if _, err := f.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
		return "the file is empty"
	} else if err != nil {
		return reason(err)
	}
	return ""
}

func requiredFile(name string) string {
	if name == "" {
		return "is required"
	}
	return readable(name)
}

func directory(name string) string {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "there is no such directory"
	case err != nil:
		return reason(err)
	}
	return unless(info.IsDir(), "is not a directory")
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// variable never repeats the value: it may be the secret itself.
func variable(name string) string {
	if !envName.MatchString(name) {
		return "must be the name of an environment variable"
	}
	return unless(strings.TrimSpace(os.Getenv(name)) != "", "the environment variable is not set, or empty")
}

// listenAddress is where to listen; port 0 is any free one.
func listenAddress(s string) string {
	host, port, ok := splitAddress(s)
	return unless(ok && port >= 0 && (host == "" || isHost(host)), "must be host:port, such as :8080")
}

func dialAddress(s string) string {
	host, port, ok := splitAddress(s)
	return unless(ok && port > 0 && isHost(host), "must be host:port, such as redis:6379")
}

func splitAddress(s string) (host string, port int, ok bool) {
	host, text, err := net.SplitHostPort(s)
	n, bad := strconv.ParseUint(text, 10, 16)
	return host, int(n), err == nil && bad == nil
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9.])?$`)

func isHost(s string) bool { return hostName.MatchString(s) || net.ParseIP(s) != nil }

// baseURL is what is wrong with a URL that paths are joined to.
func baseURL(s string) string {
	u, err := url.Parse(s)
	switch {
	case s == "":
		return "is required"
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || !isHost(u.Hostname()) || !isPort(u.Host):
		return "must be a URL with http or https and a host, such as https://example.com:8443"
	case u.User != nil:
		return "must not hold a user or password"
	case strings.ContainsAny(s, "?#"):
		return "must not have a query or fragment"
	}
	return unless(u.Path == "" || u.Path != "/" && u.RawPath == "" && path.Clean(u.Path) == u.Path && !strings.ContainsAny(u.Path, " \\;%"),
		"must end with the host or a plain path, such as https://example.com:8443/auth")
}

// isPort looks at the port of host[:port]. The colon of an address without one is not in the URL that is dialled either, and is refused.
func isPort(host string) bool {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || strings.HasSuffix(host, "]") {
		return true
	}
	n, err := strconv.ParseUint(host[i+1:], 10, 16)
	return err == nil && n > 0
}

func keycloakURL(s string) string {
	if s := baseURL(s); s != "" {
		return s
	}
	return unless(!strings.Contains(s+"/", "/realms/") && !strings.Contains(s+"/", "/admin/"), "must be the URL of the server, without /realms or /admin")
}

func publicURL(s string) string {
	if s := baseURL(s); s != "" {
		return s
	}
	return unless(!strings.HasSuffix(s, "/scim/v2"), "must be without /scim/v2, which is added")
}

// outboundProxy never repeats the value: a URL may hold a password.
func outboundProxy(s string) string {
	if s == "environment" {
		return ""
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) || !isHost(u.Hostname()) || !isPort(u.Host):
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

func trustedNetwork(s string) string {
	switch n, err := Network(s); {
	case err != nil:
		return "must be an IP address or a network such as 10.0.0.0/8"
	case n.Bits() == 0:
		return "would trust every caller"
	}
	return ""
}

// plainPath is what is wrong with a path that others are compared with once they are decoded.
func plainPath(s string) string {
	return unless(strings.HasPrefix(s, "/") && s != "/" && path.Clean(s) == s && !strings.ContainsAny(s, `\;?#%`) && !control.MatchString(s),
		"must be a plain path such as /admin")
}
