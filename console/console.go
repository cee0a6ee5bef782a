package console

import (
	"embed"
	"errors"
	"net/http"
	"time"

	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/console/signin"
)

//go:embed pages parts
var files embed.FS

// Options of a Console. Backend, Gate and Now are needed.
type Options struct {
	Backend Backend
	// Gate decides who is an operator.
	Gate signin.Gate
	// URL is the scheme and host under which browsers reach the admin listener; "" if only the Host
	// header says it.
	URL string
	Now func() time.Time
	// Address returns the address of the browser that sends a request; nil: that of the connection.
	Address func(*http.Request) string
	// Live bounds the streams of pages.
	Live page.LiveOptions
}

// Console serves the pages.
type Console struct {
	Options
	site *page.Site
	live *page.Live
	busy chan struct{} // places for actions
}

const (
	base     = signin.Base
	siteName = "SCIM proxy"
	// actTime bounds an action.
	actTime = 5 * time.Minute
	// spare is how much longer than an action its answer may take.
	spare = 30 * time.Second
	// mostActions bounds the actions under way.
	mostActions = 8
)

// New returns the console. It fails if a template is wrong.
func New(o Options) (*Console, error) {
	site, err := page.NewSite(base, siteName, files)
	if err != nil {
		return nil, err
	}
	if o.Address == nil {
		o.Address = func(r *http.Request) string { return r.RemoteAddr }
	}
	return &Console{Options: o, site: site, live: page.NewLive(o.Live), busy: make(chan struct{}, mostActions)}, nil
}

// Close ends the streams of open pages. Call it when the server begins to shut down.
func (c *Console) Close() { c.live.Close() }

// visit is a request of an operator.
type visit struct {
	w       http.ResponseWriter
	r       *http.Request
	session signin.Session
	forms   page.Forms
}

func (v *visit) tenant() string { return v.r.PathValue("tenant") }

// kind is what a route does without a session.
type kind int

const (
	aPage   kind = iota // leads to the sign-in
	anEvent             // 401
	anAct               // 401 with a page
)

// route is one way in. All of them need a session.
type route struct {
	pattern string
	kind    kind
	serve   func(*Console, *visit)
}

// routes are all routes with a session. Those without one are the assets and the gate's own.
func routes() []route {
	all := []route{
		{"GET " + base, aPage, (*Console).home},
		{"GET " + base + "/tenants", aPage, (*Console).tenants},
		{"GET " + base + "/tenants/{tenant}", aPage, (*Console).one},
		{"GET " + base + "/tenants/{tenant}/activity", aPage, (*Console).activity},
		{"GET " + base + "/tenants/{tenant}/resource", aPage, (*Console).resource},
		{"GET " + base + "/system", aPage, (*Console).system},
		{"GET " + base + "/live/tenants", anEvent, (*Console).liveTenants},
		{"GET " + base + "/live/tenants/{tenant}", anEvent, (*Console).liveTenant},
		{base + "/", aPage, (*Console).nowhere},
	}
	for _, a := range actions() {
		path := base + "/tenants/{tenant}/do/" + a.verb
		all = append(all, route{"GET " + path, aPage, func(c *Console, v *visit) { c.ask(v, a) }},
			route{"POST " + path, anAct, func(c *Console, v *visit) { c.act(v, a) }})
	}
	return all
}

// Handler serves everything at and below /console. Mount it at both.
func (c *Console) Handler() http.Handler {
	m := http.NewServeMux()
	m.Handle("GET "+base+"/assets/{file}", c.site.Assets())
	for pattern, h := range c.Gate.Routes() {
		m.Handle(pattern, h)
	}
	for _, r := range routes() {
		m.HandleFunc(r.pattern, func(w http.ResponseWriter, req *http.Request) {
			if v := c.visit(w, req, r.kind); v != nil {
				r.serve(c, v)
			}
		})
	}
	refused := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c.message(w, nil, http.StatusForbidden, "This was refused", "The request came from another web site.")
	})
	return page.Protect(c.URL, refused, m)
}

// visit returns the visit of an operator; nil if there is none, which is answered.
func (c *Console) visit(w http.ResponseWriter, r *http.Request, k kind) *visit {
	s, err := c.Gate.Session(w, r, k != anEvent)
	switch {
	case err == nil:
		return &visit{w, r, s, page.Forms{Secret: s.Secret, Now: c.Now}}
	case errors.Is(err, signin.ErrNone) && k == aPage && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		http.Redirect(w, r, c.Gate.Start(r.URL.RequestURI()), http.StatusSeeOther)
	case errors.Is(err, signin.ErrNone):
		c.message(w, nil, http.StatusUnauthorized, "You are not signed in", "Your session has ended, and nothing was done. Open the console again.")
	case errors.Is(err, signin.ErrForwarded):
		c.message(w, nil, http.StatusForbidden, "This was refused", err.Error()+". Open it there by its address, and not by a link or a reverse proxy, or turn the sign-in on.")
	default:
		w.Header().Set("Retry-After", "10")
		c.message(w, nil, http.StatusServiceUnavailable, "The console does not work now", "Your session cannot be looked up: "+err.Error())
	}
	return nil
}

// message is a page with one sentence.
func (c *Console) message(w http.ResponseWriter, v *visit, status int, title, text string) {
	c.render(w, v, status, page.View{Page: "message", Title: title, Data: text})
}

// render adds what all pages have.
func (c *Console) render(w http.ResponseWriter, v *visit, status int, p page.View) {
	if v != nil {
		p.User, p.SignOut = v.session.Name, c.Gate.Out()
		if p.SignOut != "" {
			p.Token = v.forms.Token(p.SignOut)
		}
		at := v.r.URL.Path
		p.Nav = []page.Link{
			{Text: "Tenants", URL: base + "/tenants", Current: at == base+"/tenants"},
			{Text: "System", URL: base + "/system", Current: at == base+"/system"},
		}
	}
	c.site.Render(w, status, p)
}

func (c *Console) home(v *visit) {
	http.Redirect(v.w, v.r, base+"/tenants", http.StatusSeeOther)
}

func (c *Console) nowhere(v *visit) {
	c.message(v.w, v, http.StatusNotFound, "There is no such page", "The console has nothing at this address.")
}
