package proxy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/discovery"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/writing"
)

// parts live as long as their realm is served: no layer has mutable state of its own.
type parts struct {
	client *keycloak.Client
	realm  string
	spaces spaces
	facts  factsCache
	key    cursorKey
	bulk   *bulk.Pool
	now    func() time.Time
	// lockTime is how long a lock may be held.
	lockTime time.Duration
}

// spaces are where the records of a scope live. Those that belong to no resource are apart, so that no id in a request can name them.
type spaces struct{ records, pending, keys store.Space }

// spacesOf opens the spaces of a scope. Each kind has a first word of its own, so that no scope's name leads to another kind.
func spacesOf(e store.Engine, scope string) spaces {
	return spaces{e.Open("realm." + scope), e.Open("pending." + scope), e.Open("keys." + scope)}
}

// plan is what configuration says; it is immutable.
type plan struct {
	tenant    string
	mark      *mark  // nil: the account is not the proxy's own
	viewer    string // within the tenant: cursors are worth nothing to anybody else
	dialect   protocol.Dialect
	schemas   scim.Schemas
	writing   writing.Options
	listing   listing.Limits
	maxFilter int
	kept      int // bytes of one resource
	bulk      bulk.Limits
}

// caller names who asks: a tenant, or the subject of a realm's token.
func (l plan) caller() string { return l.tenant + "\x00" + l.viewer }

// compose is the whole path of a request, bottom to top. It allocates and does nothing else, so it is done per request.
func compose(p *parts, l plan, f *profile.Profile, cred keycloak.Credential) (*writing.Service, directory.Capabilities) {
	realm := keycloak.NewRealm(p.client, p.realm, cred, f)
	if !cred.IsServiceAccount() {
		l.writing.Prove = realm.MayWrite
	}
	var d directory.Directory = realm
	kept := overlay.Options{Records: p.spaces.records, Pending: p.spaces.pending, Limit: l.kept, Caller: l.caller(), Now: p.now}
	if l.mark != nil {
		kept.Records, kept.Pending = marking{p.spaces.records, l.mark}, marking{p.spaces.pending, l.mark}
	}
	d = overlay.New(d, kept)
	d = listing.New(d, listing.Options{Find: p.find, Schemas: l.schemas, Limits: l.listing, Cursors: p.cursors(l.caller()), AskOnMiss: !cred.IsServiceAccount()})
	w := writing.New(d, p.lock, l.schemas, l.writing)
	able := w.Capabilities()
	able.Bulk, able.BulkPayload = l.bulk.Operations, int(l.bulk.Payload)
	return w, able
}

// bulkWorkers is how many operations of one bulk request run at the same time, and bulkSlots of all those of a realm.
const (
	bulkWorkers = 16
	bulkSlots   = 32
)

// session is a caller's way in.
func session(ctx context.Context, p *parts, l plan, cred keycloak.Credential) (scimhttp.Session, error) {
	observe.From(ctx).Note(func(s *observe.Summary) { s.IDP = l.dialect.Name })
	meter.For(ctx, l.caller())
	facts, err := p.facts.get(ctx, p, cred)
	if err != nil {
		return scimhttp.Session{Tenant: l.tenant}, err
	}
	service, able := compose(p, l, facts, cred)
	decoder := protocol.Decoder{Dialect: l.dialect, Schemas: l.schemas, MaxFilter: l.maxFilter, DefaultPage: min(discovery.DefaultPage, able.MaxPage), MaxPage: able.MaxPage}
	return scimhttp.Session{
		Tenant: l.tenant, Service: service, Decode: decoder.Decode, Schemas: l.schemas,
		Bulk: bulk.Runner{Service: service, Decode: decoder.Decode, Prove: service.Prove, Workers: bulkWorkers, Pool: p.bulk, Limits: l.bulk},
		Discovery: func() scimhttp.Discovery {
			return scimhttp.Discovery{Config: discovery.Config(able), Schemas: discovery.Schemas(l.schemas), ResourceTypes: discovery.ResourceTypes(l.schemas)}
		},
	}, nil
}

// lockSpare is how much longer than a request and a doubt a lock may last.
const lockSpare = 30 * time.Second

// longKey is the length from which on the name of a lock is hashed: stores bound their keys.
const longKey = 256

func (p *parts) lock(ctx context.Context, key string) (func(), error) {
	if len(key) > longKey {
		sum := sha256.Sum256([]byte(key))
		key = hex.EncodeToString(sum[:])
	}
	return p.spaces.records.Lock(ctx, key, p.lockTime)
}

func (p *parts) find(ctx context.Context, t scim.ResourceType, attr scim.AttrPath, text string) ([]string, bool, error) {
	if !overlay.Indexed(t, attr) {
		return nil, false, nil
	}
	ids, err := p.spaces.records.Find(ctx, overlay.Term(t, attr, text))
	if err != nil {
		err = overlay.StoreError(err)
	}
	return ids, true, err
}
