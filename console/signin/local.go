package signin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Local is the Gate without a sign-in, for an admin listener on a loopback address. All who reach
// it are the operator "local". A form works for the browser and the process that showed it.
type Local struct {
	key []byte
	now func() time.Time

	mu   sync.Mutex
	used map[string]time.Time
}

// NewLocal returns the gate.
func NewLocal(now func() time.Time) *Local { return &Local{key: []byte(rand.Text()), now: now} }

const localCookie = "kscim-local"

// ErrForwarded means that a request was not sent to this machine's own address.
var ErrForwarded = errors.New("the console has no sign-in (console.signIn.off), so it answers only a browser that opens it at localhost")

// added are the fields that reverse proxies add, beside those with X-Forwarded-.
var added = []string{"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Envoy-External-Address", "True-Client-Ip", "Cf-Connecting-Ip"}

// forwarded reports whether a request shows that a reverse proxy has forwarded it, or that its
// browser shows a page of another host. A proxy that adds no header is not noticed.
func forwarded(r *http.Request) bool {
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Forwarded-") || slices.Contains(added, name) {
			return true
		}
	}
	return !fromHere(r.Header.Get("Origin")) || !fromHere(r.Header.Get("Referer"))
}

// fromHere reports whether a URL names no host (as "null" does), or a loopback one.
func fromHere(of string) bool {
	u, err := url.Parse(of)
	if err != nil {
		return false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	at, err := netip.ParseAddr(host)
	return host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && at.Unmap().IsLoopback()
}

// Session is that of the browser, which gets a cookie.
func (l *Local) Session(w http.ResponseWriter, r *http.Request, _ bool) (Session, error) {
	if forwarded(r) {
		return Session{}, ErrForwarded
	}
	c := &http.Cookie{Value: cookie(r, localCookie)}
	if len(c.Value) < 20 || len(c.Value) > 100 {
		//nolint:gosec // without TLS, on this machine
		c = &http.Cookie{Name: localCookie, Value: rand.Text(), Path: Base, HttpOnly: true, SameSite: http.SameSiteStrictMode}
		http.SetCookie(w, c)
	}
	m := hmac.New(sha256.New, l.key)
	m.Write([]byte(c.Value))
	secret := m.Sum(nil)
	sum := sha256.Sum256([]byte(c.Value))
	return Session{Name: "local", Key: string(sum[:]), Secret: secret}, nil
}

// Use notes a form in memory: after a restart no form is valid.
func (l *Local) Use(_ context.Context, _ Session, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return mark(&l.used, id, l.now())
}

// Routes are none.
func (*Local) Routes() map[string]http.Handler { return nil }

// Start is "".
func (*Local) Start(string) string { return "" }

// Out is "".
func (*Local) Out() string { return "" }
