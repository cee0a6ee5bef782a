package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"keycloak-scim-proxy/config"
)

// Verdict is what became of a message.
type Verdict string

const (
	// Delivered means that the receiver has the message.
	Delivered Verdict = "delivered"
	// Away means that the receiver takes no messages now.
	Away Verdict = "away"
	// Failed means that this message was answered with an error that may heal.
	Failed Verdict = "failed"
	// Refused means that the receiver will never take this message.
	Refused Verdict = "refused"
)

// Result is the verdict, and what it is made of.
type Result struct {
	Verdict

	Cause string
	// After is the time of Retry-After; 0: none.
	After time.Duration
}

// Headers of a request.
const (
	// SignatureHeader is t=<seconds since 1970>,v1=<HMAC-SHA-256 of "<t>.<body>" in hex>.
	SignatureHeader = "X-Scim-Proxy-Signature"
	userAgent       = "scim-proxy"
)

// Sender sends to one URL. It is safe for concurrent use.
type Sender struct {
	config.Webhook

	client *http.Client
	now    func() time.Time
}

const (
	idle    = time.Minute
	maxRead = 4096 // bytes of an answer, which is not used
)

// New makes a Sender with connections of its own, so that a slow receiver delays no other. It sends
// nothing.
func New(c config.Webhook, now func() time.Time) (*Sender, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, errors.New("webhook.url is not a URL")
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, err
		}
		if trust.RootCAs = x509.NewCertPool(); !trust.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate in PEM", c.CAFile)
		}
	}
	dialer := &net.Dialer{Timeout: c.Timeout.Std(), Control: func(_, address string, _ syscall.RawConn) error {
		return allowed(u.Scheme, address)
	}}
	return &Sender{Webhook: c, now: now, client: &http.Client{
		Timeout: c.Timeout.Std(),
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSClientConfig: trust, ForceAttemptHTTP2: true,
			MaxConnsPerHost: 2, IdleConnTimeout: idle, TLSHandshakeTimeout: c.Timeout.Std(),
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// allowed refuses the addresses that a name must not lead to: link-local ones, where clouds have
// credentials of machines, and with plain HTTP all but those of this machine.
func allowed(scheme, address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	switch ip := reached(at.Addr()); {
	case ip.IsLinkLocalUnicast(), ip.IsMulticast(), ip.IsUnspecified(), slices.Contains(credentials, ip):
		return errors.New("the name leads to an address that is not allowed: link-local, multicast or unspecified")
	case scheme == "http" && !at.Addr().Unmap().IsLoopback():
		return errors.New("plain http is allowed to loopback addresses only")
	}
	return nil
}

// credentials are addresses where clouds have credentials of machines, and that are not link-local:
// those of Amazon and Google for machines with IPv6.
var credentials = []netip.Addr{netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("fd20:ce::254")}

// embedding are prefixes of IPv6 with an address of IPv4 behind them: IPv4-compatible ones, 6to4,
// and NAT64 (RFC 4291 section 2.5.5.1, RFC 3056, RFC 6052).
var embedding = []netip.Prefix{netip.MustParsePrefix("::/96"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("64:ff9b::/96")}

// reached is the address that a machine or a gateway reaches by an address.
func reached(ip netip.Addr) netip.Addr {
	ip = ip.WithZone("").Unmap()
	if ip.Is4() || ip.IsLoopback() || ip.IsUnspecified() {
		return ip
	}
	for _, p := range embedding {
		if p.Contains(ip) {
			all, from := ip.As16(), p.Bits()/8
			return netip.AddrFrom4([4]byte(all[from : from+4]))
		}
	}
	return ip
}

// Sign returns the value of SignatureHeader.
func Sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(t + "."))
	h.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(h.Sum(nil))
}

// Send sends one message. The cause has no part of the URL, which may contain a secret.
func (w *Sender) Send(ctx context.Context, body []byte) Result {
	secret, err := w.Secret()
	if err != nil {
		return Result{Verdict: Away, Cause: err.Error()}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return Result{Verdict: Away, Cause: "webhook.url is not a URL"}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set(SignatureHeader, Sign(secret, w.now(), body))
	a, err := w.client.Do(r)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return Result{Verdict: Away, Cause: "no answer: " + err.Error()}
	}
	defer a.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(a.Body, maxRead)) // so that the connection is used again
	return judge(a.StatusCode, a.Header.Get("Retry-After"))
}

// judge is what a status means for a message.
func judge(status int, after string) Result {
	r := Result{Verdict: Failed, Cause: "the receiver answered " + strconv.Itoa(status)}
	switch {
	case status >= http.StatusOK && status < http.StatusMultipleChoices:
		return Result{Verdict: Delivered}
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests,
		status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		r.Verdict = Away
		if s, err := strconv.ParseUint(strings.TrimSpace(after), 10, 31); err == nil {
			r.After = time.Duration(s) * time.Second //nolint:gosec // 31 bits
		}
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound: // its set-up may be mended
	case status >= http.StatusBadRequest && status < http.StatusInternalServerError:
		r.Verdict = Refused
	}
	return r
}
