package setup

import (
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/proxy/invite"
)

// The cookies: of the session, and of the form that begins one.
const (
	sessionCookie = "scim-setup"
	formCookie    = "scim-setup-form"
)

func (p *Pages) set(w http.ResponseWriter, name, value string, until time.Time) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: p.base, Expires: until, HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteStrictMode,
	})
}

// cookie returns the value of the only cookie of a name; "" if there is none, or more than one:
// another site of the same domain may have added one.
func cookie(r *http.Request, name string) string {
	all := r.CookiesNamed(name)
	if len(all) != 1 {
		return ""
	}
	return all[0].Value
}

// wrong counts a link or a session that is not genuine. It returns false after it has answered that
// there were too many.
func (p *Pages) wrong(w http.ResponseWriter, r *http.Request, err error) bool {
	if !errors.Is(err, invite.ErrInvalid) || p.attempts.allow(p.Address(r)) {
		return true
	}
	w.Header().Set("Retry-After", "60")
	p.say(w, http.StatusTooManyRequests, "Too many links that are not valid came from your address. Wait a minute.")
	return false
}

// landing shows a button. It changes nothing.
func (p *Pages) landing(w http.ResponseWriter, r *http.Request) {
	link := r.PathValue("link")
	i, err := p.Invites.Look(r.Context(), link)
	if err == nil {
		if _, there := p.Tenant(i.Place); !there {
			err = &invite.EndedError{Why: invite.Replaced}
		}
	}
	if err != nil {
		if p.wrong(w, r, err) {
			p.fail(w, err)
		}
		return
	}
	secret := rand.Text()
	p.set(w, formCookie, secret, p.Now().Add(page.TokenAge))
	p.site.Render(w, http.StatusOK, page.View{Page: "landing", Title: "Set up provisioning", Data: struct {
		Tenant, Action, Token, Link string
		Expires                     time.Time
	}{i.Tenant, p.url(enterPath), p.forms(secret).Token(enterPath), link, i.Expires}})
}

func (p *Pages) forms(secret string) page.Forms {
	return page.Forms{Secret: []byte(secret), Now: p.Now}
}

// enter exchanges a link for a session. The form must have been shown to this browser, so that no
// one else can make it enter with a link of theirs.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request) {
	if _, err := p.forms(cookie(r, formCookie)).Check(r); err != nil {
		p.say(w, http.StatusForbidden, "The form is not one that was shown in this browser within the last 30 minutes. Open your link again; your browser must accept cookies.")
		return
	}
	link := r.PostFormValue("link")
	i, err := p.Invites.Look(r.Context(), link)
	if err == nil {
		if _, there := p.Tenant(i.Place); !there {
			err = &invite.EndedError{Why: invite.Replaced}
		}
	}
	var session string
	if err == nil {
		session, i, err = p.Invites.Enter(r.Context(), link)
	}
	if err != nil {
		if p.wrong(w, r, err) {
			p.fail(w, err)
		}
		return
	}
	p.set(w, formCookie, "", time.Unix(1, 0))
	p.set(w, sessionCookie, session, i.Expires)
	http.Redirect(w, r, p.base+"/", http.StatusSeeOther)
}

// visit is a session with its tenant.
type visit struct {
	invite.Invitation
	Tenant

	secret string
}

// by names the maker of tokens.
func (v visit) by() string { return "set-up link " + v.ID }

// visited returns the session of a request, or false after it has answered.
func (p *Pages) visited(w http.ResponseWriter, r *http.Request) (v visit, ok bool) {
	v.secret = cookie(r, sessionCookie)
	if v.secret == "" {
		p.say(w, http.StatusForbidden, "Open the link that the operator of the service has sent you, in this browser.")
		return v, false
	}
	var err error
	if v.Invitation, err = p.Invites.Session(r.Context(), v.secret); err == nil {
		if v.Tenant, ok = p.Tenant(v.Place); ok {
			return v, true
		}
		err = &invite.EndedError{Why: invite.Replaced}
	}
	if _, over := errors.AsType[*invite.EndedError](err); over && r.URL.Path == Path+"/live" {
		w.WriteHeader(http.StatusNoContent) // the page that is open does not connect again
		return v, false
	}
	if p.wrong(w, r, err) {
		p.fail(w, err)
	}
	return v, false
}
