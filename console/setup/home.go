package setup

import (
	"context"
	"errors"
	"net/http"
	"time"

	"keycloak-scim-proxy/adapters/setup"
	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/proxy/invite"
)

// home is what the page of a session shows.
type home struct {
	Guide        setup.Guide
	Tenant       Tenant
	Expires      time.Time
	Action, Form string // of the form that makes a token
	Token        *Token
	Text         string // of a new token: shown once
	Progress     *Progress
	Reload       string
}

// copied is a text that a button copies.
type copied struct{ ID, Text string }

// URLCopy is the base URL for the template "copy", TokenCopy the token.
func (h home) URLCopy() copied { return copied{"base-url", h.Tenant.BaseURL} }

// TokenCopy is the new token for the template "copy".
func (h home) TokenCopy() copied { return copied{"new-token", h.Text} }

func (p *Pages) home(w http.ResponseWriter, r *http.Request) {
	if v, ok := p.visited(w, r); ok {
		p.show(w, r, v, "", nil)
	}
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request, v visit, text string, said *page.Notice) {
	h := home{
		Guide: setup.For(v.IDP, v.BaseURL), Tenant: v.Tenant, Expires: v.Expires, Action: p.url(tokenPath), Form: p.forms(v.secret).Token(tokenPath),
		Text: text, Reload: p.base + "/",
	}
	if t, there := p.Token(r.Context(), v.Tenant.Name, v.by()); there {
		h.Token = &t
	}
	if now, err := p.boards.of(v.Invitation, p.Watch).now(r.Context()); err == nil {
		h.Progress = &now
	}
	p.site.Render(w, http.StatusOK, page.View{
		Page: "home", Title: "Connect " + h.Guide.Name + " to " + v.Tenant.Name, Notice: said, Live: p.base + "/live", Data: h,
	})
}

// token makes a token, or a new one in place of the last. The answer has its text; no later answer
// has.
func (p *Pages) token(w http.ResponseWriter, r *http.Request) {
	v, ok := p.visited(w, r)
	if !ok {
		return
	}
	form, err := p.forms(v.secret).Check(r)
	if err != nil || !p.attempts.once(form) {
		p.show(w, r, v, "", &page.Notice{Bad: true, Text: "No token was made: the form was sent already, or was open for more than 30 minutes. If you need a token, send it again."})
		return
	}
	text, _, err := p.NewToken(r.Context(), v.Tenant.Name, v.by())
	if errors.Is(err, ErrLive) {
		p.show(w, r, v, "", &page.Notice{Bad: true, Text: "No token was made: the tenant is live, and this link has no valid token that a new one could replace. Ask the operator of the service for a new link."})
		return
	}
	if err != nil {
		w.Header().Set("Retry-After", "10")
		p.show(w, r, v, "", &page.Notice{Bad: true, Text: "No token was made, because the service cannot save it at the moment. Try again in a minute."})
		return
	}
	p.show(w, r, v, text, nil)
}

// stream sends the checklist while it changes. The session is checked again while it is open.
func (p *Pages) stream(w http.ResponseWriter, r *http.Request) {
	v, ok := p.visited(w, r)
	if !ok {
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go p.guard(ctx, cancel, v)
	b := p.boards.of(v.Invitation, p.Watch)
	p.live.Serve(w, r.WithContext(ctx), v.Tenant.Name, v.Tenant.Name+"/"+v.ID, func(ctx context.Context, show func(page.Parts, string)) error {
		return b.follow(ctx, p.site, show)
	})
}

// guard ends a stream when its session has ended. If the store does not answer, it goes on: a
// stream lives for 5 minutes at most.
func (p *Pages) guard(ctx context.Context, end func(), v visit) {
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		i, err := p.Invites.Session(ctx, v.secret)
		if err == nil {
			if _, there := p.Tenant(i.Place); there {
				continue
			}
		}
		if !invite.Unknown(err) {
			end()
			return
		}
	}
}
