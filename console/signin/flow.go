package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"keycloak-scim-proxy/console/page"
)

// The paths of the flow.
const (
	startPath    = Base + "/signin"
	callbackPath = Base + "/signin/callback"
	outPath      = Base + "/signout"
	byePath      = Base + "/signed-out"
)

// Routes are those of the flow.
func (o *OIDC) Routes() map[string]http.Handler {
	return map[string]http.Handler{
		"GET " + startPath:    http.HandlerFunc(o.start),
		"GET " + callbackPath: http.HandlerFunc(o.callback),
		"POST " + outPath:     http.HandlerFunc(o.signOut),
		"GET " + byePath:      http.HandlerFunc(o.bye),
	}
}

// Start begins a sign-in.
func (o *OIDC) Start(back string) string { return startPath + "?back=" + url.QueryEscape(inside(back)) }

// Out signs out.
func (o *OIDC) Out() string { return outPath }

// say is a page with one message. Next is where it goes on.
type say struct {
	Text  string
	Links []page.Link
}

func (o *OIDC) say(w http.ResponseWriter, status int, title string, s say) {
	o.site.Render(w, status, page.View{Page: "say", Title: title, Data: s})
}

func (o *OIDC) again(back string) []page.Link {
	return []page.Link{{Text: "Sign in again", URL: o.Start(back)}}
}

// broken says that Keycloak or the store does not answer.
func (o *OIDC) broken(w http.ResponseWriter, back, what string, err error) {
	o.Note("sign-in to the console: "+what, err)
	w.Header().Set("Retry-After", "10")
	o.say(w, http.StatusServiceUnavailable, "Sign-in does not work now", say{what + ". The log of the proxy has the reason.", o.again(back)})
}

const storeDown = "The store of the proxy does not answer"

// start sends the browser to Keycloak.
func (o *OIDC) start(w http.ResponseWriter, r *http.Request) {
	back := inside(r.URL.Query().Get("back"))
	doc, err := o.provider.discover(r.Context())
	if err != nil {
		o.broken(w, back, "Keycloak cannot be used for it", err)
		return
	}
	p := pending{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Back: back, Ends: o.Now().Add(pendingAge)}
	sealed, err := o.sealer.seal(r.Context(), p)
	if err != nil {
		o.broken(w, back, storeDown, err)
		return
	}
	flow, err := o.flow(doc)
	if err != nil {
		o.broken(w, back, "The secret of the console's client cannot be read", err)
		return
	}
	// Lax: the way back from Keycloak comes from another site.
	o.set(w, "signin", sealed, http.SameSiteLaxMode, pendingAge)
	options := []oauth2.AuthCodeOption{oidc.Nonce(p.Nonce), oauth2.S256ChallengeOption(p.Verifier)}
	if r.URL.Query().Get("as") == "other" {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	http.Redirect(w, r, flow.AuthCodeURL(p.State, options...), http.StatusSeeOther)
}

// callback is where Keycloak sends the browser back to.
func (o *OIDC) callback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var p pending
	known := false
	if sealed := cookie(r, o.cookie("signin")); sealed != "" && len(sealed) < 4096 {
		var err error
		if p, known, err = o.sealer.open(r.Context(), sealed, o.Now()); err != nil {
			o.broken(w, Base, storeDown, err)
			return
		}
	}
	if !known || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(p.State)) != 1 {
		o.say(w, http.StatusBadRequest, "This sign-in is over", say{"It was not begun in this browser, or another one was begun since, or it took more than 10 minutes.", o.again(Base)})
		return
	}
	o.set(w, "signin", "", http.SameSiteLaxMode, 0)
	if code := q.Get("error"); code != "" || q.Get("code") == "" {
		o.say(w, http.StatusForbidden, "Keycloak did not sign you in", say{"Its answer: " + page.Text(code, 60), o.again(p.Back)})
		return
	}
	select {
	case o.busy <- struct{}{}:
		defer func() { <-o.busy }()
	default:
		o.broken(w, p.Back, "Too many sign-ins are under way", nil)
		return
	}
	u, err := o.exchange(r.Context(), q, p)
	switch {
	case err != nil:
		o.broken(w, p.Back, "Keycloak's answer cannot be used", err)
	case !u.role:
		o.Note("sign-in to the console: "+u.name+" has not the role "+o.Role, nil)
		o.say(w, http.StatusForbidden, "You may not use this console", say{
			"You are " + page.Text(u.name, 100) + ". Operators need the realm role " + o.Role + " in the realm " + o.Realm + ", which an administrator of Keycloak gives.",
			[]page.Link{{Text: "Sign in as another user", URL: o.Start(p.Back) + "&as=other"}},
		})
	default:
		o.begin(w, r, u, p.Back)
	}
}

// begin makes the session. A session that the browser had ends: its cookie is known to the browser
// before the sign-in.
func (o *OIDC) begin(w http.ResponseWriter, r *http.Request, u user, back string) {
	_ = o.Space.Delete(r.Context(), o.key(r)) // it would end by itself
	cookie, err := o.sessions.begin(r.Context(), record{Name: u.name, Subject: u.subject, IDToken: u.idToken, Refresh: u.refresh})
	if err != nil {
		o.broken(w, back, storeDown, err)
		return
	}
	o.Tell(u.name + " signed in to the console")
	o.set(w, "console", cookie, http.SameSiteStrictMode, Longest)
	// A page and not a redirect: a browser sends a Strict cookie only if its own site leads there.
	w.Header().Set("Refresh", "0; url="+back)
	o.say(w, http.StatusOK, "You are signed in", say{"", []page.Link{{Text: "Go on", URL: back}}})
}

// exchange gets the tokens for the code.
func (o *OIDC) exchange(ctx context.Context, q url.Values, p pending) (user, error) {
	doc, err := o.provider.discover(ctx)
	if err != nil {
		return user{}, err
	}
	if iss := q.Get("iss"); iss != "" && iss != doc.Issuer { // RFC 9207
		return user{}, errors.New("the answer is that of another issuer")
	}
	flow, err := o.flow(doc)
	if err != nil {
		return user{}, err
	}
	t, err := flow.Exchange(oidc.ClientContext(ctx, o.provider.client), q.Get("code"), oauth2.VerifierOption(p.Verifier))
	if err != nil {
		return user{}, withoutBody(err)
	}
	return o.read(ctx, doc, t, p.Nonce)
}

// signOut ends the session here and in Keycloak. The browser goes there from a page and not by a
// redirect, because the policy lets forms lead to this server only.
func (o *OIDC) signOut(w http.ResponseWriter, r *http.Request) {
	id := o.key(r)
	one, err := o.sessions.load(r.Context(), id) // without asking Keycloak, which may be down
	if errors.Is(err, ErrNone) {
		o.set(w, "console", "", http.SameSiteStrictMode, 0)
		o.bye(w, r)
		return
	}
	if err == nil {
		if _, wrong := (page.Forms{Secret: one.Secret, Now: o.Now}).Check(r); wrong != nil {
			o.say(w, http.StatusForbidden, "You are still signed in", say{"That was not the button of this console.", []page.Link{{Text: "Back", URL: Base}}})
			return
		}
		err = o.Space.Delete(r.Context(), id)
	}
	if err != nil {
		o.broken(w, Base, storeDown, err)
		return
	}
	o.set(w, "console", "", http.SameSiteStrictMode, 0)
	o.Tell(one.Name + " signed out of the console")
	doc, err := o.provider.discover(r.Context())
	if err != nil {
		o.say(w, http.StatusOK, "You are signed out", say{"Keycloak does not answer, so its own session may last: close the browser.", o.again(Base)})
		return
	}
	end, _ := url.Parse(doc.End) // discover has checked it
	query := end.Query()
	query.Set("id_token_hint", one.IDToken)
	query.Set("post_logout_redirect_uri", o.URL+byePath)
	end.RawQuery = query.Encode()
	w.Header().Set("Refresh", "0; url="+end.String())
	o.say(w, http.StatusOK, "You are signed out of the console", say{"", []page.Link{{Text: "Sign out of Keycloak too", URL: end.String()}}})
}

// bye is where Keycloak sends the browser after the sign-out.
func (o *OIDC) bye(w http.ResponseWriter, _ *http.Request) {
	o.say(w, http.StatusOK, "You are signed out", say{"", []page.Link{{Text: "Sign in", URL: o.Start(Base)}}})
}
