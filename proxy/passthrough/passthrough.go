package passthrough

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/clientip"
	"keycloak-scim-proxy/proxy/scim"
)

// Options configure a Passthrough.
type Options struct {
	// Target is the URL of Keycloak.
	Target *url.URL
	// Transport sends the requests to Keycloak.
	Transport http.RoundTripper
	// Deny has path prefixes that are refused with 403, in any letter case.
	Deny []string
	// Trusted has the addresses of reverse proxies before this one. Only their forwarding headers
	// are passed on.
	Trusted clientip.Networks
	// Timeout bounds a request, including its answer.
	Timeout time.Duration
}

// Passthrough passes requests on to Keycloak. It is safe for concurrent use.
type Passthrough struct{ o Options }

// New returns a Passthrough.
func New(o Options) *Passthrough { return &Passthrough{o} }

// Serve passes one request on. It writes the answer, or it writes nothing and returns an error.
func (p *Passthrough) Serve(w http.ResponseWriter, r *http.Request) (err error) {
	if err := p.allow(r.URL.Path); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.o.Timeout)
	defer cancel()
	r = r.WithContext(ctx)
	r.Body = callerBody{r.Body}
	// Requests in a tunnel would bypass all checks. RFC 9110 section 7.8 allows to ignore Upgrade.
	r.Header.Del("Upgrade")
	proxy := httputil.ReverseProxy{
		Transport:    p.o.Transport,
		Rewrite:      p.rewrite,
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, cause error) { err = unanswered(ctx, cause) },
		ErrorLog:     log.New(io.Discard, "", 0), // the error is in the log line of the request
	}
	proxy.ServeHTTP(w, r)
	return err
}

// allow refuses Keycloak's own SCIM API, which would bypass the attributes that the proxy keeps,
// and the paths that the operator denies.
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

// rewrite makes the request for Keycloak: the path as scimhttp has normalised it, the query byte
// for byte, and the caller's host, so that redirects and cookies are right. ReverseProxy applies
// the header Connection before, so that a caller cannot remove a header that is set here.
func (p *Passthrough) rewrite(r *httputil.ProxyRequest) {
	r.Out.URL = &url.URL{
		Scheme: p.o.Target.Scheme, Host: p.o.Target.Host,
		Path: p.o.Target.Path + r.In.URL.Path, RawPath: p.o.Target.EscapedPath() + r.In.URL.EscapedPath(),
		RawQuery: r.In.URL.RawQuery, ForceQuery: r.In.URL.ForceQuery,
	}
	r.Out.Host = r.In.Host
	r.Out.Header.Del("Expect") // net/http has answered it already
	r.Out.Trailer = nil
	for name := range r.Out.Header {
		if describesCaller(name) {
			delete(r.Out.Header, name)
		}
	}
	trusted := p.o.Trusted.Contains(clientip.Peer(r.In))
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

// callerHeader matches the headers in which a reverse proxy describes its caller: addresses, scheme
// and host (those that Keycloak's guides remove), and client certificates. Keycloak's
// x509cert-lookup reads ssl-client-cert, ssl-client-verify, SSL_CLIENT_CERT, CERT_CHAIN_0,
// Client-Cert, Client-Cert-Chain (RFC 9440), X-Forwarded-Client-Cert (Envoy),
// X-Forwarded-Tls-Client-Cert (Traefik); HAProxy's own documentation has X-SSL-Client-Cert, and
// clouds X-Amzn-Mtls-Clientcert, X-ARR-ClientCert, Cf-Client-Cert-Der-Base64, X-Client-Cert-Leaf.
var callerHeader = regexp.MustCompile(`^(forwarded|x-real-ip|x-(forwarded|original)(-.*)?)$|(^|-)ssl(-|$)|client-?(cert|verify)|cert-chain`)

// describesCaller reports whether only a trusted proxy may send a header. Servers that speak CGI
// read an underscore like a hyphen.
func describesCaller(name string) bool {
	return callerHeader.MatchString(strings.ReplaceAll(strings.ToLower(name), "_", "-"))
}

// callerBody marks errors of reading the request, to tell them from Keycloak's errors.
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

// unanswered returns the error for a request without an answer. scim.AsError turns a timeout into
// 504, and a request that the caller has aborted into 499.
func unanswered(ctx context.Context, cause error) error {
	if _, ok := errors.AsType[callerError](cause); ok && ctx.Err() == nil {
		return &scim.Error{Status: http.StatusBadRequest, Detail: "the body could not be read", Cause: cause}
	}
	return &scim.Error{Status: http.StatusBadGateway, Detail: "Keycloak does not answer", Cause: errors.Join(cause, ctx.Err())}
}
