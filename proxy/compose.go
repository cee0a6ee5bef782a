package proxy

import (
	"context"
	"net/http"
	"sync"

	"keycloak-scim-proxy/proxy/bearer"
	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/clientip"
	"keycloak-scim-proxy/proxy/continuity"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/discovery"
	"keycloak-scim-proxy/proxy/golive"
	"keycloak-scim-proxy/proxy/guarding"
	"keycloak-scim-proxy/proxy/instrument"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/confined"
	"keycloak-scim-proxy/proxy/keycloak/privilege"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/lookup"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/names"
	"keycloak-scim-proxy/proxy/oauth"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/policy/audit"
	"keycloak-scim-proxy/proxy/policy/limit"
	"keycloak-scim-proxy/proxy/policy/trial"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/rendered"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/scopes"
	"keycloak-scim-proxy/proxy/storemark"
	"keycloak-scim-proxy/proxy/writing"
)

// plan has the settings of a tenant. It is immutable.
type plan struct {
	dialect   protocol.Dialect
	schemas   scim.Schemas
	strict    bool // names that no schema defines are refused
	writing   writing.Options
	listing   listing.Limits
	maxFilter int
	kept      int // bytes of a record
	bulk      bulk.Limits
	stopping  func() bool // no more operations of bulk requests start
	rate      limit.Rate
	audit     audit.Options
	rendered  *rendered.Documents
	metrics   *observe.Metrics
}

// tenant is a configured tenant, or stands for all drop-in callers of a realm.
type tenant struct {
	name       string
	scope      *scopes.Scope
	group      *tenantgroup.Group // nil: the whole realm
	plan       plan
	account    *keycloak.Account // nil: drop-in callers have their own credentials
	mark       *storemark.Mark   // nil if account is nil
	rights     *privilege.Guard  // nil if account is nil
	oauth      *oauth.Resource   // nil: no access token of Keycloak is accepted
	networks   clientip.Networks // of its clients; none: all
	gate       *golive.Gate      // nil if account is nil
	guard      *guarding.Guard   // nil: it holds nothing
	continuity continuity.Options
	ended      func(error)          // receives the error of each call; may be nil
	payloads   *journaling.Payloads // nil: bodies are never recorded
	warned     sync.Once
	saw        func(ctx context.Context, matched bool) // nil: nothing is invited
}

// access is what the tenant says of its callers.
func (t *tenant) access() bearer.Access {
	return bearer.Access{OAuth: t.oauth, Networks: t.networks, Name: t.name, Dialect: t.plan.dialect.Name, Warn: t.warned.Do}
}

// caller is the authenticated sender of a request.
type caller struct {
	*tenant
	keyID      string // of the token; "" if it has none
	client     string // OAuth client that acts, "" if none does
	subject    string // within the tenant; a cursor is valid for one subject
	credential keycloak.Credential
	canary     bool // the proxy itself: the gate lets it pass
	tried      bool // a write within the trial of a staged tenant
}

// key is unique among all callers.
func (c caller) key() string { return c.tenant.name + "\x00" + c.subject }

// authenticator authenticates callers. If it fails although the tenant is known, the caller has the
// tenant.
type authenticator interface {
	authenticate(r *http.Request, variables map[string]string) (caller, error)
	// challenge is what a 401 adds to WWW-Authenticate, "" if nothing.
	challenge(variables map[string]string) string
}

// entrance is a way into the SCIM API: an authenticator, and the URL of its base.
type entrance struct {
	authenticator
	base   func(r *http.Request, variables map[string]string) string
	limits *limit.Limiter
}

// Authenticate returns the session of a request. Except for authentication, it sends no request to
// Keycloak.
func (e entrance) Authenticate(r *http.Request, variables map[string]string) (scimhttp.Session, error) {
	c, err := e.authenticate(r, variables)
	if c.tenant != nil {
		observe.From(r.Context()).Note(func(s *observe.Summary) { s.Realm, s.Client = c.scope.Name, c.client })
	}
	var leave func()
	if err == nil {
		leave, err = e.limits.Enter(r.Context(), c.key(), c.plan.rate)
	}
	if err != nil {
		s := scimhttp.Session{KeyID: c.keyID, Challenge: e.challenge(variables)}
		if c.tenant != nil {
			s.Tenant = c.name
		}
		return s, err
	}
	s := session(r.Context(), c)
	s.Base, s.Leave = e.base(r, variables), leave
	return s, nil
}

// who is the caller as the journal names it.
func (c caller) who() journal.Who {
	return journal.Who{Tenant: c.name, Key: c.keyID, Client: c.client, Subject: c.subject}
}

// circumstances are those of the request of a context, for the journal.
func circumstances(ctx context.Context) journaling.Circumstances {
	s := observe.From(ctx).Summary()
	return journaling.Circumstances{Request: s.RequestID, Address: s.Address, IDP: s.IDP, Rules: s.Rules}
}

// bulkWorkers is how many operations of one bulk request run at the same time.
const bulkWorkers = 16

func session(ctx context.Context, c caller) scimhttp.Session {
	observe.From(ctx).Note(func(s *observe.Summary) { s.IDP = c.plan.dialect.Name })
	meter.For(ctx, c.key())
	layers := &layered{caller: c}
	var service protocol.Service = layers
	if !c.canary {
		service = c.noting(c.gate.Before(service, layers.look))
		service = journaling.Service(c.scope.Journal, service, journaling.Caller{Who: c.who(), Now: circumstances, Refusals: c.account != nil, Payload: c.payloads.On})
	}
	service = c.plan.audit.Service(service, audit.Who{Tenant: c.name, Realm: c.scope.Name, Key: c.keyID, Client: c.client, Subject: c.subject})
	shown := rendered.Tenant{Schemas: c.plan.schemas, Bulk: c.plan.bulk, Capabilities: func(p *profile.Profile) directory.Capabilities { return compose(c, p).Capabilities() }}
	advertised := c.plan.rendered.Advertised(shown)
	decoder := protocol.Decoder{
		Dialect: c.plan.dialect, Schemas: c.plan.schemas, MaxFilter: c.plan.maxFilter,
		DefaultPage: min(discovery.DefaultPage, advertised.MaxPage), MaxPage: advertised.MaxPage,
	}
	decode := names.Examiner{Schemas: c.plan.schemas, Strict: c.plan.strict, Misspelt: func(name, like string) {
		observe.From(ctx).Note(func(s *observe.Summary) { s.Misspelt = append(s.Misspelt, observe.Misspelling{Name: name, Like: like}) })
	}}.Decode(func(w protocol.Request) (protocol.Call, []string, error) {
		call, fired, err := decoder.Decode(w)
		observe.From(ctx).Note(func(s *observe.Summary) { s.Fire(fired) })
		return call, fired, err
	})
	s := scimhttp.Session{
		Tenant: c.name, KeyID: c.keyID, Service: service, Decode: decode, Schemas: c.plan.schemas,
		Bulk: bulk.Runner{Service: service, Decode: decode, Workers: bulkWorkers, Pool: c.scope.Pool, Caller: c.key(), Stopping: c.plan.stopping, Limits: c.plan.bulk},
		Discovery: func(ctx context.Context, endpoint string) scimhttp.Discovery {
			if endpoint == "ServiceProviderConfig" {
				return scimhttp.Discovery{Config: c.plan.rendered.Config(shown)}
			}
			return c.plan.rendered.Schemas(shown, c.profile(ctx))
		},
	}
	if c.account == nil {
		s.Bulk.Prove = layers.prove
	}
	return s
}

// layered is the Service of a caller. It composes its layers at the first call, so that decorators
// can act before the first request to Keycloak, which reads the realm's user profile.
type layered struct {
	caller
	mu    sync.Mutex
	built *writing.Service
}

// Do carries out a call.
func (l *layered) Do(ctx context.Context, c protocol.Call) (a protocol.Answer, err error) {
	defer func() { l.ended(err) }()
	s, err := l.layers(ctx)
	if err != nil {
		return protocol.Answer{}, err
	}
	ctx, timing := l.plan.metrics.Timings.Layer(ctx, "writing", c.Verb())
	a, err = s.Do(ctx, c)
	timing.End(err)
	return a, err
}

// prove returns an error if the caller may not write.
func (l *layered) prove(ctx context.Context, ref scim.Ref) error {
	s, err := l.layers(ctx)
	if err != nil {
		return err
	}
	return s.Prove(ctx, ref)
}

func (l *layered) layers(ctx context.Context) (*writing.Service, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.built != nil {
		return l.built, nil
	}
	if l.account != nil {
		if err := l.rights.Allow(ctx); err != nil {
			return nil, err
		}
		if err := l.mark.Check(ctx); err != nil {
			return nil, err
		}
	}
	p, err := l.scope.Profile(ctx, l.credential)
	if err != nil {
		return nil, err
	}
	c := l.caller
	c.tried = trial.In(ctx)
	l.built = compose(c, p)
	l.gate.See(p)
	return l.built, nil
}

// look lets the gate see the realm's user profile.
func (l *layered) look(ctx context.Context) error {
	_, err := l.layers(ctx)
	return err
}

// compose puts the layers of a caller together, bottom to top. It is the only place that knows
// their order. It sends no request.
func compose(c caller, p *profile.Profile) *writing.Service {
	realm, records, pending := c.scope.Directory(c.credential, p), c.scope.Spaces.Records, c.scope.Spaces.Pending
	write := c.plan.writing
	if c.account == nil {
		write.Prove = realm.MayWrite
	}
	if c.mark != nil {
		records, pending = c.mark.Space(records), c.mark.Space(pending)
	}
	layer := func(name string, d directory.Directory) directory.Directory {
		return instrument.Layer(c.plan.metrics.Timings, name, d)
	}
	below := confined.Within(realm, p, c.group)
	keep := overlay.Options{
		Records: records, Pending: pending, Limit: c.plan.kept, Caller: c.key(), Now: c.scope.Now,
		Complete: func(ctx context.Context, ref scim.Ref) error { return c.group.Complete(ctx, realm, ref) },
	}
	if c.scope.Identities != nil {
		keep.Taken = c.scope.Identities.Taken
	}
	accounts := c.continuity
	if c.canary || c.tried { // such users never sign in, and a create must not bring a former user back
		accounts = continuity.Options{}
	}
	d := layer("overlay", accounts.Above(overlay.New(layer("keycloak", accounts.Below(below, realm)), keep), realm))
	list := lookup.Options(c.scope.Index(d.Capabilities(), p), c.scope.Identities, below, c.plan.metrics.LookedUp)
	list.Schemas, list.Limits, list.Cursors, list.AskOnMiss = c.plan.schemas, c.plan.listing, c.scope.Cursors(c.key()), c.account == nil
	d = layer("listing", listing.New(d, list))
	d = layer("journal", journaling.Over(d, c.guard.Over(d)))
	return writing.New(c.gate.Within(d), c.scope.Lock, c.plan.schemas, write)
}
