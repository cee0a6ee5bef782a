package setup

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/proxy/checklist"
	"keycloak-scim-proxy/proxy/invite"
)

// Path is where the pages are, below the public URL.
const Path = "/setup"

// Tenant is what a page shows of a tenant.
type Tenant struct {
	Name string
	// IDP is the name of its dialect, BaseURL its SCIM base.
	IDP, BaseURL string
}

// Progress is the checklist of a tenant.
type Progress struct {
	Lines []checklist.Line
	// Finished means that every line is green or waived, Live that writes are not held.
	Finished, Live bool
}

// Watch returns the progress of a tenant each time that it is called. The calls of one Watch come
// one after the other.
type Watch func(ctx context.Context) (Progress, error)

// ErrLive means that a link for a trial makes no first token, because the tenant is live.
var ErrLive = errors.New("the tenant is live")

// Token is a token that a set-up link has made.
type Token struct {
	ID                  string
	Made, Expires, Used time.Time // Used is zero if it was not used yet
}

// Options of Pages.
type Options struct {
	Invites *invite.Invites
	// PublicURL is the URL under which callers reach the proxy.
	PublicURL string
	// Tenant returns a tenant that is configured at a place.
	Tenant func(at invite.Place) (Tenant, bool)
	// Watch returns how the progress of an invitation is seen.
	Watch func(i invite.Invitation) Watch
	// NewToken makes a token of a tenant, and lets the former ones of the same maker end soon. The
	// error is ErrLive if the maker must not make its first one.
	NewToken func(ctx context.Context, tenant, by string) (text string, t Token, err error)
	// Token returns the newest token of a maker that is valid; false if there is none.
	Token func(ctx context.Context, tenant, by string) (Token, bool)
	// Address is that of the client of a request.
	Address func(*http.Request) string
	Now     func() time.Time
}

//go:embed pages parts
var files embed.FS

// Bounds of the streams of pages.
const (
	streams          = 200
	streamsPerTenant = 8
	streamLife       = 5 * time.Minute
	// recheck is how often the session of a stream is checked.
	recheck = 5 * time.Second
)

// Pages are the pages of all customers. It is safe for concurrent use.
type Pages struct {
	Options

	base     string // of URLs: the path of PublicURL and Path
	secure   bool   // cookies need https
	site     *page.Site
	live     *page.Live
	attempts attempts
	boards   boards
}

// New returns the pages. Close them before the server shuts down.
func New(o Options) (*Pages, error) {
	u, err := url.Parse(o.PublicURL)
	if err != nil {
		return nil, err
	}
	p := &Pages{Options: o, base: strings.TrimSuffix(u.EscapedPath(), "/") + Path, secure: u.Scheme == "https"}
	p.live = page.NewLive(page.LiveOptions{Most: streams, PerSession: streamsPerTenant, Life: streamLife})
	p.attempts.now, p.boards.now = o.Now, o.Now
	p.site, err = page.NewSite(p.base, "Set-up of provisioning", files)
	return p, err
}

// Close ends all streams.
func (p *Pages) Close() { p.live.Close() }

// Owns reports whether a path is that of a page, or like one that was mistyped or rewritten, such
// as //setup/ or /Setup/: a link in it must get neither into the log nor to Keycloak.
func Owns(p string) bool {
	clean := path.Clean("/" + strings.ReplaceAll(p, "\\", "/"))
	for _, one := range []string{p, clean} {
		first, _, _ := strings.Cut(strings.TrimPrefix(one, "/"), "/")
		if first, _, _ = strings.Cut(first, ";"); strings.EqualFold("/"+first, Path) {
			return true
		}
	}
	return false
}

// Handler serves the pages.
func (p *Pages) Handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET "+Path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, p.base+"/", http.StatusSeeOther) })
	m.HandleFunc("GET "+Path+"/{$}", p.home)
	m.Handle("GET "+Path+"/assets/{file}", p.site.Assets())
	m.HandleFunc("GET "+Path+"/live", p.stream)
	m.HandleFunc("GET "+Path+"/{link}", p.landing)
	m.HandleFunc("POST "+enterPath, p.enter)
	m.HandleFunc("POST "+tokenPath, p.token)
	m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { p.say(w, http.StatusNotFound, "There is no such page.") })
	refused := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.say(w, http.StatusForbidden, "The form was sent by another site. Open the page again.")
	})
	return page.Protect(p.PublicURL, refused, m)
}

// The actions.
const (
	enterPath = Path + "/enter"
	tokenPath = Path + "/token"
)

// url is the URL of a path below Path, for browsers.
func (p *Pages) url(path string) string { return p.base + strings.TrimPrefix(path, Path) }

// say shows a page with a sentence.
func (p *Pages) say(w http.ResponseWriter, status int, text string) {
	p.site.Render(w, status, page.View{Page: "say", Title: "Set-up of provisioning", Data: text})
}

// fail answers the error of an invitation.
func (p *Pages) fail(w http.ResponseWriter, err error) {
	ended, over := errors.AsType[*invite.EndedError](err)
	switch {
	case over && ended.Why == invite.Used:
		p.say(w, http.StatusGone, "This link was opened already, at "+ended.At.UTC().Format("2006-01-02 15:04:05 MST")+
			", and works once. If that was not you, tell the operator of the service at once. The operator can send you a new link, which keeps what is done.")
	case over:
		p.say(w, http.StatusGone, "This link is not valid any more: it has expired, or the operator of the service has ended or replaced it. Ask the operator for a new one, which keeps what is done.")
	case errors.Is(err, invite.ErrStore):
		w.Header().Set("Retry-After", "10")
		p.say(w, http.StatusServiceUnavailable, "The service cannot check your link at the moment. Your link is not used: open it again in a minute.")
	default:
		p.say(w, http.StatusNotFound, "This link is not valid. Copy the whole link from the message that you got.")
	}
}
