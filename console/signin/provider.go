package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
)

const (
	// callTime bounds one request to Keycloak.
	callTime = 10 * time.Second
	// knownAge is how long the realm's discovery document is used.
	knownAge = 5 * time.Minute
	// failedAge is how long it is not read again after that failed.
	failedAge = 5 * time.Second
	// maxDocument bounds it, in bytes.
	maxDocument = 1 << 20
)

// errKeycloak means that Keycloak does not answer, or not as it should.
var errKeycloak = errors.New("Keycloak does not answer")

// provider is the realm. Browsers are sent to the URLs that it publishes, which belong to its
// frontend URL. The proxy's own requests go to the URL that is configured for it, as all others do.
type provider struct {
	base   string // of the realm, for the proxy
	client *http.Client
	now    func() time.Time

	keys oidc.KeySet

	reading singleflight.Group
	mu      sync.Mutex
	doc     document
	read    time.Time // when doc was read
	failed  time.Time // when the last reading failed; zero: it did not
	wrong   error     // why
}

// document is the part of the discovery document that is used.
type document struct {
	Issuer    string `json:"issuer"`
	Authorize string `json:"authorization_endpoint"`
	End       string `json:"end_session_endpoint"`
}

func newProvider(keycloak, realm string, to http.RoundTripper, now func() time.Time) *provider {
	p := &provider{base: strings.TrimSuffix(keycloak, "/") + "/realms/" + url.PathEscape(realm), now: now}
	p.client = &http.Client{Transport: to, Timeout: callTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	p.keys = oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), p.client), p.base+"/protocol/openid-connect/certs")
	return p
}

// discover returns the discovery document. One that cannot be read again stays in use. Callers that
// ask at the same time share a reading, which does not end with one of them.
func (p *provider) discover(ctx context.Context) (document, error) {
	if doc, due, err := p.known(); !due {
		return doc, err
	}
	done := p.reading.DoChan("", func() (any, error) {
		if _, due, _ := p.known(); due {
			p.took(p.fetch(context.WithoutCancel(ctx)))
		}
		return nil, nil
	})
	select {
	case <-ctx.Done():
		return document{}, fmt.Errorf("%w: %w", errKeycloak, ctx.Err())
	case <-done:
		doc, _, err := p.known()
		return doc, err
	}
}

// known returns what is known, whether it is due to be read, and why nothing is known.
func (p *provider) known() (doc document, due bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.doc.Issuer == "" {
		err = p.wrong
	}
	now := p.now()
	fresh := p.doc.Issuer != "" && now.Sub(p.read) < knownAge
	return p.doc, !fresh && (p.failed.IsZero() || now.Sub(p.failed) >= failedAge), err
}

// took keeps what a reading has found.
func (p *provider) took(doc document, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.failed, p.wrong = p.now(), err
		return
	}
	p.doc, p.read, p.failed, p.wrong = doc, p.now(), time.Time{}, nil
}

func (p *provider) fetch(ctx context.Context) (document, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/.well-known/openid-configuration", nil)
	if err != nil {
		return document{}, err
	}
	res, err := p.client.Do(req)
	if err != nil {
		return document{}, fmt.Errorf("%w: %w", errKeycloak, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxDocument))
	var doc document
	switch {
	case err != nil:
		return doc, fmt.Errorf("%w: %w", errKeycloak, err)
	case res.StatusCode == http.StatusNotFound:
		return doc, errors.New("Keycloak does not know the realm of console.signIn.realm")
	case res.StatusCode != http.StatusOK:
		return doc, fmt.Errorf("%w: the realm's discovery document is answered with %d", errKeycloak, res.StatusCode)
	}
	if err := json.Unmarshal(text, &doc); err != nil || doc.Issuer == "" || !web(doc.Authorize) || !web(doc.End) {
		return document{}, errors.New("the realm's discovery document cannot be used")
	}
	return doc, nil
}

// web reports whether a URL is one that a browser may be sent to.
func web(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// flow returns the client for one exchange.
func (o *OIDC) flow(doc document) (*oauth2.Config, error) {
	secret, err := o.Secret()
	if err != nil {
		return nil, err
	}
	return &oauth2.Config{
		ClientID: o.ClientID, ClientSecret: secret, RedirectURL: o.URL + Base + "/signin/callback", Scopes: []string{oidc.ScopeOpenID},
		Endpoint: oauth2.Endpoint{AuthURL: doc.Authorize, TokenURL: o.provider.base + "/protocol/openid-connect/token", AuthStyle: oauth2.AuthStyleInHeader},
	}, nil
}
