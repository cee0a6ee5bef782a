package signin

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/proxy/pause"
	"keycloak-scim-proxy/proxy/store"
)

//go:embed pages
var pages embed.FS

// Options of OIDC. All are needed.
type Options struct {
	// Space keeps sessions: the space SpaceName of the store.
	Space store.Space
	// Keycloak is the URL at which the proxy reaches Keycloak, Transport how. Realm is the realm of
	// the operators.
	Keycloak, Realm string
	Transport       http.RoundTripper
	// URL is the scheme and host under which browsers reach the admin listener.
	URL string
	// ClientID and Secret are those of a confidential client of the realm. Secret is called for each
	// exchange.
	ClientID string
	Secret   func() (string, error)
	// Role is the realm role that an operator needs.
	Role string
	Now  func() time.Time
	// Note is called with what went wrong, and Tell with what usually happens, for the log; nil:
	// nothing is logged. Texts have no secret.
	Note func(what string, err error)
	Tell func(what string)
}

// SpaceName is the name of the space with sessions.
const SpaceName = "console"

// OIDC is the Gate of operators who sign in with Keycloak.
type OIDC struct {
	Options
	provider *provider
	sessions sessions
	sealer   *sealer
	site     *page.Site
	busy     chan struct{} // places for exchanges
	retry    atomic.Int64  // when sessions are checked again, in seconds since 1970
	failing  atomic.Bool   // the last check of a session failed, which was noted
}

// mostExchanges bounds the exchanges under way.
const mostExchanges = 16

// New returns the gate. It sends no request.
func New(o Options) (*OIDC, error) {
	site, err := page.NewSite(Base, "SCIM proxy", pages)
	if err != nil {
		return nil, err
	}
	if o.Note == nil {
		o.Note = func(string, error) {}
	}
	if o.Tell == nil {
		o.Tell = func(string) {}
	}
	o.URL = strings.TrimSuffix(o.URL, "/")
	return &OIDC{
		Options: o, site: site, provider: newProvider(o.Keycloak, o.Realm, o.Transport, o.Now),
		sessions: sessions{o.Space, o.Now}, sealer: &sealer{space: o.Space}, busy: make(chan struct{}, mostExchanges),
	}, nil
}

// sweepEvery is the time between two sweeps of sessions that have ended.
const sweepEvery = time.Hour

// Run deletes sessions that have ended, until the context ends.
func (o *OIDC) Run(ctx context.Context) {
	for pause.For(ctx, sweepEvery) == nil {
		if err := o.sessions.sweep(ctx); err != nil && ctx.Err() == nil {
			o.Note("sessions of the console that have ended are not deleted", err)
		}
	}
}

// Session is that of the cookie.
func (o *OIDC) Session(_ http.ResponseWriter, r *http.Request, active bool) (Session, error) {
	ctx, cancel := context.WithTimeout(r.Context(), lookTime)
	defer cancel()
	id := o.key(r)
	one, err := o.sessions.load(ctx, id)
	if err != nil {
		return Session{}, err
	}
	if age := o.Now().Sub(one.Checked); age > CheckAge && (age > uncheckedLimit || o.Now().Unix() >= o.retry.Load()) {
		if one, err = o.check(ctx, id); err != nil {
			return Session{}, err
		}
	}
	if active && o.Now().Sub(one.Seen) > seenEvery {
		if err := o.sessions.change(ctx, id, func(r *record) error { r.Seen = o.Now(); return nil }); err != nil {
			return Session{}, err
		}
	}
	return Session{Name: one.Name, Subject: one.Subject, Key: id, Secret: one.Secret}, nil
}

// key is the id of the record of the request's cookie. Without one it is that of "", which no
// session has.
func (o *OIDC) key(r *http.Request) string { return key(cookie(r, o.cookie("console"))) }

const (
	// lookTime bounds the look at a session.
	lookTime = 15 * time.Second
	// retryAge is how long no session is checked after Keycloak did not answer, in seconds.
	retryAge = 30
)

// Use notes a form in the session's record.
func (o *OIDC) Use(ctx context.Context, s Session, id string) error {
	return o.sessions.use(ctx, s.Key, id)
}

// check asks Keycloak whether a session still lasts. Only one process asks at a time, because a
// realm may allow each refresh token once.
func (o *OIDC) check(ctx context.Context, id string) (record, error) {
	unlock, err := o.Space.Lock(ctx, id, 2*callTime)
	if err != nil {
		return record{}, err
	}
	defer unlock()
	one, err := o.sessions.load(ctx, id)
	if err != nil || o.Now().Sub(one.Checked) <= CheckAge {
		return one, err
	}
	u, err := o.refresh(ctx, one.Refresh)
	o.checked(err)
	switch {
	case errors.Is(err, errEnded):
		o.Tell("a session of the console ends, because Keycloak has ended it: " + err.Error())
	case err != nil && o.Now().Sub(one.Checked) <= uncheckedLimit:
		o.retry.Store(o.Now().Unix() + retryAge)
		return one, nil
	case err != nil:
		return one, err
	case !u.role || u.subject != one.Subject:
		o.Tell("a session of the console ends, because " + one.Name + " has not the role any more")
	default:
		err = o.sessions.change(ctx, id, func(r *record) error {
			r.Checked, r.IDToken, r.Refresh = o.Now(), u.idToken, u.refresh
			one = *r
			return nil
		})
		return one, err
	}
	if err := o.Space.Delete(ctx, id); err != nil {
		return one, err
	}
	return one, ErrNone
}

// checked notes that sessions cannot be checked, once until they can be.
func (o *OIDC) checked(err error) {
	switch failed := err != nil && !errors.Is(err, errEnded); {
	case failed && o.failing.CompareAndSwap(false, true):
		o.Note("Keycloak cannot be asked whether sessions of the console last", err)
	case !failed && o.failing.CompareAndSwap(true, false):
		o.Tell("sessions of the console are checked again")
	}
}

// errEnded means that Keycloak refuses a refresh token.
var errEnded = errors.New("Keycloak refuses to go on with the session")

func (o *OIDC) refresh(ctx context.Context, token string) (user, error) {
	if token == "" {
		return user{}, errEnded
	}
	doc, err := o.provider.discover(ctx)
	if err != nil {
		return user{}, err
	}
	flow, err := o.flow(doc)
	if err != nil {
		return user{}, err
	}
	fresh, err := flow.TokenSource(oidc.ClientContext(ctx, o.provider.client), &oauth2.Token{RefreshToken: token}).Token()
	if refused, is := errors.AsType[*oauth2.RetrieveError](err); is && refused.ErrorCode == "invalid_grant" {
		return user{}, fmt.Errorf("%w: %s", errEnded, page.Text(refused.ErrorDescription, 200))
	}
	if err != nil {
		return user{}, fmt.Errorf("%w: %w", errKeycloak, withoutBody(err))
	}
	return o.read(ctx, doc, fresh, "")
}

// withoutBody returns an error without the body of an answer, which may be anything.
func withoutBody(err error) error {
	if refused, is := errors.AsType[*oauth2.RetrieveError](err); is {
		status := 0
		if refused.Response != nil {
			status = refused.Response.StatusCode
		}
		return fmt.Errorf("the token endpoint answered %d %s", status, page.Text(refused.ErrorCode, 60))
	}
	return err
}

func (o *OIDC) secure() bool { return strings.HasPrefix(o.URL, "https:") }

// cookie is the name of a cookie. A browser takes one with __Host- from this host by https only.
func (o *OIDC) cookie(name string) string {
	if o.secure() {
		return "__Host-kscim-" + name
	}
	return "kscim-" + name
}

// set sets a cookie; an empty value deletes it.
func (o *OIDC) set(w http.ResponseWriter, name, value string, site http.SameSite, age time.Duration) {
	c := &http.Cookie{Name: o.cookie(name), Value: value, Path: Base, HttpOnly: true, Secure: o.secure(), SameSite: site, MaxAge: int(age.Seconds())}
	if o.secure() {
		c.Path = "/" // as __Host- needs it
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
