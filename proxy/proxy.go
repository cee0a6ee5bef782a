package proxy

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/store/guard"
	"keycloak-scim-proxy/proxy/tenants"
	"keycloak-scim-proxy/proxy/writing"
)

// Proxy is the program as a value.
type Proxy struct {
	cfg      config.Config
	client   *keycloak.Client
	engine   *guard.Engine
	log      *zap.Logger
	now      func() time.Time
	newID    func() string // of a request, for the log and the caller
	registry *prometheus.Registry
	metrics  *observe.Metrics
	meter    *meter.Meter
	tenants  *tenantGate
	pass     *passthrough // nil: other paths are 404
	tls      *tls.Config  // nil: plain HTTP
}

// New builds the proxy. It opens the store and does not talk to Keycloak: what a realm is like is asked at its first request.
func New(cfg config.Config, log *zap.Logger) (*Proxy, error) {
	transport, err := newTransport(cfg.Keycloak)
	if err != nil {
		return nil, err
	}
	engine, err := openStore(context.Background(), cfg.Store, log)
	if err != nil {
		return nil, err
	}
	p := &Proxy{cfg: cfg, engine: engine, log: log, now: time.Now, newID: rand.Text, registry: prometheus.NewRegistry()}
	p.metrics, p.meter = observe.NewMetrics(p.registry), meter.New(int64(cfg.Limits.Memory))
	p.client = keycloak.NewClient(cfg.Keycloak.URL, observe.Transport(transport, time.Now), cfg.Keycloak.Timeout.Std(), cfg.Keycloak.MaxInFlight)
	if p.tenants, err = p.newTenants(); err == nil && cfg.TLS != nil {
		p.tls, err = serverTLS(*cfg.TLS, p.now)
	}
	if err == nil && cfg.DropIn.Passthrough != nil {
		p.pass, err = newPassthrough(cfg, transport)
	}
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return p, nil
}

// Close frees what New opened; Run does it by itself.
func (p *Proxy) Close() error { return p.engine.Close() }

func (p *Proxy) newTenants() (*tenantGate, error) {
	g := &tenantGate{p: p, all: map[string]*tenant{}}
	var entries []tenants.Entry
	scopes := map[string]*parts{}
	for _, c := range p.cfg.Tenants {
		scope := scopeOf(c.Realm, c.Group)
		if scopes[scope] == nil {
			scopes[scope] = p.scope(c.Realm, scope)
		}
		l := p.plan()
		l.tenant, l.dialect = c.Tenant, adapters.For(c.IDP)
		l.schemas = withExtensions(l.schemas, c.Extensions)
		l.writing.MembersShown, l.writing.SkipUnknownMembers = c.MembersShown, c.UnknownMembers == "skip"
		account := keycloak.NewAccount(p.client, c.Realm, c.ServiceAccount.ClientID, c.ServiceAccount.Secret, p.now)
		l.mark = &mark{account: account, engine: p.engine, expect: p.cfg.Store.ExpectStamp, log: p.log.With(zap.String("tenant", c.Tenant)), now: p.now}
		g.all[c.Tenant] = &tenant{parts: scopes[scope], plan: l, account: account}
		for _, k := range c.Tokens {
			e := tenants.Entry{Tenant: c.Tenant, KeyID: k.ID, Expires: k.Expires.Time}
			if n, err := hex.Decode(e.SHA256[:], []byte(k.SHA256)); err != nil || n != len(e.SHA256) {
				return nil, fmt.Errorf("tenant %s: token %s: the SHA-256 is not 64 hex digits", c.Tenant, k.ID)
			}
			entries = append(entries, e)
		}
	}
	g.book = tenants.NewBook(entries)
	return g, nil
}

// withExtensions adds what a tenant declares.
func withExtensions(s scim.Schemas, declared []config.Extension) scim.Schemas {
	for _, e := range declared {
		schema := scim.Schema{ID: e.URN, Name: cmp.Or(e.Name, e.URN), Description: "An extension of this tenant"}
		for _, a := range e.Attributes {
			schema.Attributes = append(schema.Attributes, scim.Attribute{Name: a.Name, Type: a.Type, MultiValued: a.MultiValued, CaseExact: a.CaseExact, Description: a.Description})
		}
		s = s.With(scim.User, schema)
	}
	return s
}

// readsInFlight is how many calls to Keycloak one request may have under way for a list.
const readsInFlight = 8

func (p *Proxy) plan() plan {
	return plan{
		dialect:   adapters.For("generic"),
		schemas:   scim.CoreSchemas(),
		writing:   writing.Options{MembersShown: config.DefaultTenant().MembersShown, Doubt: p.doubt()},
		maxFilter: int(p.cfg.Limits.Filter),
		kept:      int(p.cfg.Limits.Kept),
		bulk: bulk.Limits{
			Operations: p.cfg.Limits.Bulk.Operations, Payload: int64(p.cfg.Limits.Bulk.Payload),
			Body: int64(p.cfg.Limits.Body), Depth: p.cfg.Limits.JSONDepth,
		},
		listing: listing.Limits{Scan: p.cfg.Limits.Scan, Page: p.cfg.Limits.Page, Bytes: int(p.cfg.Limits.PageBytes), InFlight: readsInFlight},
	}
}

// scopeOf names where the records of a tenant live: those of a realm are shared by all ways into the whole realm, so that they see the same kept
// attributes and locks. A tenant that is confined to a group has its own, so that neither a value nor a lock of it meets another tenant.
// No realm's name has a slash.
func scopeOf(realm, group string) string {
	if group == "" {
		return realm
	}
	return realm + "/" + group
}

// scope makes the parts of a realm whose records live in a scope.
func (p *Proxy) scope(realm, scope string) *parts {
	return &parts{
		client: p.client, realm: realm, spaces: spacesOf(p.engine, scope), bulk: bulk.NewPool(bulkSlots), now: p.now,
		lockTime: p.requestTimeout() + p.doubt() + lockSpare,
	}
}

// Handler is the public door.
func (p *Proxy) Handler() http.Handler {
	door := &scimhttp.Door{
		Tenants: p.tenants,
		Repair:  adapters.RepairURL,
		Limits:  scimhttp.Limits{Body: int64(p.cfg.Limits.Body), Depth: p.cfg.Limits.JSONDepth, Request: p.requestTimeout()},
		Report:  report,
	}
	if p.cfg.DropIn.Enabled {
		door.DropIn = newDropInGate(p)
	}
	if p.pass != nil {
		door.Elsewhere = p.pass.serve
	}
	return p.recorded(door.Handler())
}

func (p *Proxy) requestTimeout() time.Duration { return p.cfg.Limits.Request.Std() }

// doubt is how long a write may still take effect after its outcome was lost: the time-out of a call and a quarter of it as grace.
func (p *Proxy) doubt() time.Duration { return p.cfg.Keycloak.Timeout.Std() * 5 / 4 }

// recorded keeps the record of a request, and makes its log line and metrics.
func (p *Proxy) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := p.now()
		ctx, record := observe.With(r.Context())
		id := p.newID()
		w.Header().Set("X-Request-Id", id)
		record.Note(func(s *observe.Summary) { s.RequestID, s.Method, s.Path = id, r.Method, r.URL.Path })
		ctx, share := p.meter.With(ctx)
		defer share.End()
		defer func() { // an answer that is cut off ends in a panic
			took := p.now().Sub(begun)
			summary := record.Summary()
			p.metrics.Observe(summary, took) // before the line: whoever has seen the line finds it counted
			observe.Line(p.log, summary, took)
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func report(ctx context.Context, r scimhttp.Report) {
	observe.From(ctx).Note(func(s *observe.Summary) {
		s.Tenant, s.Verb, s.Rules, s.Status, s.ScimType, s.Cause = r.Tenant, r.Verb, r.Fired, r.Status, r.ScimType, r.Cause
		s.Skipped = r.Skipped
	})
}

// public is the scheme and host that callers use.
func (p *Proxy) public(r *http.Request) string {
	if p.cfg.PublicURL != "" {
		return p.cfg.PublicURL
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}
