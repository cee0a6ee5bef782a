package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctor/report"
	"keycloak-scim-proxy/config"
)

// soon is how long before its end a certificate is worth a warning.
const soon = 21 * 24 * time.Hour

// certificate reports the end of a certificate.
func (f *findings) certificate(what string, leaf *x509.Certificate, now time.Time) {
	end, left := leaf.NotAfter.UTC().Format(time.DateOnly), leaf.NotAfter.Sub(now)
	switch {
	case left <= 0:
		f.Add("certificate", report.Problem, fmt.Sprintf("the %s has ended on %s", what, end), "renew it")
	case left < soon:
		f.Add("certificate", report.Warning, fmt.Sprintf("the %s ends on %s, in %s", what, end, days(left)), "renew it, and find out why that did not happen by itself")
	default:
		f.OK("certificate", "the %s is valid until %s", what, end)
	}
}

func days(d time.Duration) string {
	if n := int(d / (24 * time.Hour)); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}

// untrusted says why a certificate is not accepted, and what to do: caFile is the key that names
// trusted certificates, address the one with the name of the host. The text is "" if the error is
// about something else.
func untrusted(err error, caFile, address string) (text, remedy string) {
	if failed, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		err = failed.Err
	}
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "it has ended on " + invalid.Cert.NotAfter.UTC().Format(time.DateOnly) + ", or begins later than now", "renew it, or set the clock of this machine"
	case errors.As(err, &invalid):
		return invalid.Error(), "issue it again"
	case errors.As(err, &name):
		return fmt.Sprintf("it is for %s, not for %s", names(name.Certificate), name.Host), "set " + address + " to a name of the certificate, or issue it for this name"
	case errors.As(err, &authority):
		return "its authority is not trusted", "name the certificate of its authority in " + caFile + "; if the authority is public, let the server send its whole chain"
	}
	return "", ""
}

func names(c *x509.Certificate) string {
	all := c.DNSNames
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "no host"
	}
	return strings.Join(all, ", ")
}

// ownCertificate examines the certificate that the proxy shows.
func (d *doctor) ownCertificate(f *findings, files config.Certificate) {
	pair, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile)
	if err != nil {
		f.Add("certificate", report.Problem, fmt.Sprintf("%s and %s cannot be used: %v", files.CertFile, files.KeyFile, err), "put the certificate with its chain, and the key that belongs to it, into these files (PEM)")
		return
	}
	f.certificate("certificate in "+files.CertFile, pair.Leaf, d.Now())
	if u, err := url.Parse(d.Config.PublicURL); err == nil && u.Scheme == "https" {
		if err := pair.Leaf.VerifyHostname(u.Hostname()); err != nil {
			f.Add("certificate", report.Warning, fmt.Sprintf("the certificate in %s is for %s, but publicURL names %s", files.CertFile, names(pair.Leaf), u.Hostname()),
				"issue it for the host of publicURL, unless a reverse proxy in front shows another one")
		}
	}
	chain := x509.NewCertPool()
	for _, der := range pair.Certificate[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			chain.AddCert(c)
		}
	}
	_, err = pair.Leaf.Verify(x509.VerifyOptions{Intermediates: chain, CurrentTime: d.Now()})
	if errors.As(err, new(x509.UnknownAuthorityError)) {
		f.Add("certificate", report.Warning, "this machine does not trust the authority of "+files.CertFile, "add the missing certificates of the chain to the file; identity providers in a cloud trust public authorities only")
	}
}
