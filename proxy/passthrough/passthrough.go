// Package passthrough hands requests to Keycloak that are not for its SCIM API: sign-in pages, tokens,
// discovery.
//
// Its paths have been normalised before: see package scimhttp. It refuses every spelling of Keycloak's
// own SCIM API, and what the operator denies.
package passthrough

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/scim"
)

// Options of a Passthrough.
type Options struct {
	// Target is Keycloak.
	Target *url.URL
	// Transport sends the requests.
	Transport http.RoundTripper
	// Deny are path prefixes that are refused.
	Deny []string
	// Trusted are the reverse proxies before this one. Only their forwarding headers are passed on.
	Trusted []netip.Prefix
	// Timeout bounds a request with its answer.
	Timeout time.Duration
}

// Passthrough passes requests on.
type Passthrough struct{ o Options }

// New makes a Passthrough.
func New(o Options) *Passthrough { return &Passthrough{o} }

// Serve passes one request on. It answers by itself, or writes nothing and returns the error to answer
// with.
func (p *Passthrough) Serve(w http.ResponseWriter, r *http.Request) (err error) {
	if err := p.allow(r.URL.Path); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.o.Timeout)
	defer cancel()
	r = r.WithContext(ctx)
	r.Body = callerBody{r.Body}
	r.Header.Del("Upgrade") // a tunnel would take requests past every rule here; RFC 9110 section 7.8 allows to go on without
	proxy := httputil.ReverseProxy{
		Transport:    p.o.Transport,
		Rewrite:      p.rewrite,
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, cause error) { err = unanswered(ctx, cause) },
		ErrorLog:     log.New(io.Discard, "", 0), // the request's own line tells it
	}
	proxy.ServeHTTP(w, r)
	return err
}

// allow refuses Keycloak's own SCIM API, which would go past everything this program keeps, and
// what the operator denies.
func (p *Passthrough) allow(path string) error {
	segments := strings.Split(path, "/")
	if len(segments) > 3 && strings.EqualFold(segments[1], "realms") && strings.EqualFold(segments[3], "scim") {
		return scim.NoEndpoint()
	}
	for _, d := range p.o.Deny {
		prefix := strings.Split(d, "/")
		if len(segments) >= len(prefix) && slices.EqualFunc(segments[:len(prefix)], prefix, strings.EqualFold) {
			return scim.Forbidden("this path is not passed on to Keycloak")
		}
	}
	return nil
}

// rewrite makes the request for Keycloak: the path as the door has normalised it, the query byte
// for byte, and the caller's host, so that redirects and cookies are right. Connection has been
// obeyed before, so no caller can have a header removed that is set here.
func (p *Passthrough) rewrite(r *httputil.ProxyRequest) {
	r.Out.URL = &url.URL{
		Scheme: p.o.Target.Scheme, Host: p.o.Target.Host,
		Path: p.o.Target.Path + r.In.URL.Path, RawPath: p.o.Target.EscapedPath() + r.In.URL.EscapedPath(),
		RawQuery: r.In.URL.RawQuery, ForceQuery: r.In.URL.ForceQuery,
	}
	r.Out.Host = r.In.Host
	r.Out.Header.Del("Expect") // answered by our own server
	r.Out.Trailer = nil
	for name := range r.Out.Header {
		if describesCaller(name) {
			delete(r.Out.Header, name)
		}
	}
	trusted := p.trusts(r.In.RemoteAddr)
	if trusted {
		r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
	}
	r.SetXForwarded()
	for name, values := range r.In.Header {
		if trusted && describesCaller(name) && name != "X-Forwarded-For" {
			r.Out.Header[name] = values
		}
	}
}

// callerHeader matches the names in which a reverse proxy describes its caller: addresses, scheme
// and host (those that Keycloak's guides drop), and client certificates. Keycloak's x509cert-lookup
// reads ssl-client-cert, ssl-client-verify, SSL_CLIENT_CERT, CERT_CHAIN_0, Client-Cert,
// Client-Cert-Chain (RFC 9440), X-Forwarded-Client-Cert (Envoy), X-Forwarded-Tls-Client-Cert
// (Traefik); HAProxy's own documentation has X-SSL-Client-Cert, and clouds X-Amzn-Mtls-Clientcert,
// X-ARR-ClientCert, Cf-Client-Cert-Der-Base64, X-Client-Cert-Leaf.
var callerHeader = regexp.MustCompile(`^(forwarded|x-real-ip|x-(forwarded|original)(-.*)?)$|(^|-)ssl(-|$)|client-?(cert|verify)|cert-chain`)

// describesCaller reports whether only a trusted proxy may send a header. Servers that speak CGI
// read an underscore like a hyphen.
func describesCaller(name string) bool {
	return callerHeader.MatchString(strings.ReplaceAll(strings.ToLower(name), "_", "-"))
}

func (p *Passthrough) trusts(remote string) bool {
	peer, err := netip.ParseAddrPort(remote)
	address := peer.Addr().Unmap().WithZone("")
	return err == nil && slices.ContainsFunc(p.o.Trusted, func(n netip.Prefix) bool { return n.Contains(address) })
}

// callerBody marks the errors of reading a request, so that they are not taken for Keycloak's.
type callerBody struct{ io.ReadCloser }

type callerError struct{ error }

// Read reads the request's body.
func (b callerBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	if err != nil && !errors.Is(err, io.EOF) {
		err = callerError{err}
	}
	return n, err
}

// unanswered is the error for a request that has no answer. A deadline or a caller who went away is
// 504 or 499, which scim.AsError makes of it.
func unanswered(ctx context.Context, cause error) error {
	if _, ok := errors.AsType[callerError](cause); ok && ctx.Err() == nil {
		return &scim.Error{Status: http.StatusBadRequest, Detail: "the body could not be read", Cause: cause}
	}
	return &scim.Error{Status: http.StatusBadGateway, Detail: "Keycloak does not answer", Cause: errors.Join(cause, ctx.Err())}
}
