package staged

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// Place is where the value of an attribute lives.
type Place string

// The places.
const (
	Keycloak Place = "Keycloak"
	Store    Place = "store"
)

// PlaceOf returns the place of a placement.
func PlaceOf(p directory.Placement) Place {
	if p == directory.StoreOnly || p == directory.ServerMade {
		return Store
	}
	return Keycloak
}

// Proof is the record of a green canary.
type Proof struct {
	// Realm, Group and IDP are those of the tenant. For others the proof is worth nothing.
	Realm string `json:"realm"`
	Group string `json:"group,omitempty"`
	IDP   string `json:"idp"`
	// Required are the attributes that were required, as paths.
	Required []string `json:"required"`
	// Places has the place of each required attribute, or of each of its sub-attributes, by path.
	Places map[string]Place `json:"places"`
	// Since is the time of the first of the green canaries for this tenant without a withdrawal
	// between them, Verified that of the last.
	Since    time.Time `json:"since"`
	Verified time.Time `json:"verified"`
	// By names who ran the canary, as the command says; From is the address of the command.
	By   string `json:"by,omitempty"`
	From string `json:"from,omitempty"`
	// Observations is the report of the canary.
	Observations json.RawMessage `json:"observations"`
}

// proves reports whether a proof is for this tenant and all attributes that it requires now.
func (g *Gate) proves(p *Proof) bool {
	if p == nil || p.Realm != g.Realm || p.Group != g.Group || p.IDP != g.IDP {
		return false
	}
	return !slices.ContainsFunc(g.Required, func(r scim.AttrPath) bool { return !slices.Contains(p.Required, r.String()) })
}

const (
	// writeAge is how old a proof may be that a write relies on, showAge one that is shown. A
	// withdrawal by another process takes effect within writeAge.
	writeAge = 5 * time.Second
	showAge  = time.Minute
)

// load returns the proof, or nil. If the store does not answer, it is the one that was read last.
func (g *Gate) load(ctx context.Context, age time.Duration) (*Proof, error) {
	g.mu.Lock()
	known, at := g.proof, g.read
	g.mu.Unlock()
	if !at.IsZero() && g.Now().Sub(at) < age {
		return known, nil
	}
	proof, _, err := g.stored(ctx)
	if err != nil {
		if at.IsZero() {
			return nil, scim.Unavailable("the store", err)
		}
		return known, nil
	}
	g.know(proof)
	return proof, nil
}

func (g *Gate) know(p *Proof) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.proof, g.read = p, g.Now()
}

// stored reads the proof and the revision of its record. A record that cannot be understood does
// not count.
func (g *Gate) stored(ctx context.Context) (*Proof, uint64, error) {
	found, err := g.Space.Load(ctx, g.Tenant)
	if err != nil {
		return nil, 0, err
	}
	r, there := found[g.Tenant]
	if !there {
		return nil, 0, nil
	}
	var p *Proof
	if damaged := json.Unmarshal(r.Body, &p) != nil; damaged {
		p = nil
	}
	return p, r.Rev, nil
}

// Prove records a green canary, and ends the trial before: what a trial has made belongs to a live
// tenant then, and a trial must not change it if the tenant is staged again. The tenant, the
// required attributes and the times are filled in.
func (g *Gate) Prove(ctx context.Context, p Proof) (Proof, error) { return g.record(ctx, p, false) }

// ErrStays means that a staged tenant stays staged.
var ErrStays = errors.New("the tenant stays staged")

// Renew is Prove for a tenant that is live. A staged one without a proof in the store stays staged,
// whatever another process did since the proof was last read: the error is ErrStays.
func (g *Gate) Renew(ctx context.Context, p Proof) (Proof, error) { return g.record(ctx, p, true) }

func (g *Gate) record(ctx context.Context, p Proof, renews bool) (Proof, error) {
	p.Realm, p.Group, p.IDP, p.Required = g.Realm, g.Group, g.IDP, []string{}
	for _, r := range g.Required {
		p.Required = append(p.Required, r.String())
	}
	before, rev, err := g.stored(ctx)
	if err != nil {
		return Proof{}, err
	}
	if renews && g.Staged && !g.proves(before) {
		return Proof{}, ErrStays
	}
	p.Verified = g.Now().UTC()
	if p.Since = p.Verified; g.proves(before) {
		p.Since = before.Since
	}
	body, err := json.Marshal(p)
	if err == nil && g.Staged && g.Trial != nil {
		err = g.Trial.End(ctx)
	}
	if err == nil {
		_, err = g.Space.Save(ctx, g.Tenant, store.Record{Rev: rev, Body: body})
	}
	if err != nil {
		return Proof{}, err
	}
	g.know(&p)
	return p, nil
}

// Withdraw forgets the proof. A tenant whose file says staged is held again.
func (g *Gate) Withdraw(ctx context.Context) error {
	if err := g.Space.Delete(ctx, g.Tenant); err != nil {
		return err
	}
	g.know(nil)
	return nil
}

// ErrRuns means that a canary of the tenant runs already.
var ErrRuns = errors.New("a canary of the tenant runs already: wait for its end")

const (
	// lockWait is how long Begin waits for another canary, lockTime how long one may take.
	lockWait = 200 * time.Millisecond
	lockTime = 2 * time.Minute
)

// Begin notes that a canary with this userName is about to be created, and keeps other processes
// from beginning one until end is called. former is the userName of one that was not ended, or "".
func (g *Gate) Begin(ctx context.Context, userName string) (former string, end func(), err error) {
	waiting, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	end, err = g.Space.Lock(waiting, g.note(), lockTime)
	if errors.Is(err, store.ErrLocked) {
		err = ErrRuns
	}
	if err != nil {
		return "", nil, err
	}
	found, err := g.Space.Load(ctx, g.note())
	if err == nil {
		_, err = g.Space.Save(ctx, g.note(), store.Record{Rev: found[g.note()].Rev, Body: []byte(userName)})
	}
	if err != nil {
		end()
		return "", nil, err
	}
	return string(found[g.note()].Body), end, nil
}

// Gone notes that nothing is left of a canary.
func (g *Gate) Gone(ctx context.Context) error { return g.Space.Delete(ctx, g.note()) }

// note is the id of the record of a canary that runs. The name of a tenant has no dot.
func (g *Gate) note() string { return g.Tenant + ".canary" }

// moved are the required attributes that live elsewhere than the proof says, in sentences.
func (g *Gate) moved(p *Proof, now map[string]Place) (all []Move) {
	if !g.proves(p) || now == nil {
		return nil
	}
	for path, was := range p.Places {
		if is, known := now[path]; known && is != was && g.requires(path) {
			all = append(all, Move{path, was, is})
		}
	}
	slices.SortFunc(all, func(a, b Move) int { return strings.Compare(a.Attribute, b.Attribute) })
	return all
}

// requires reports whether a path is one of the required attributes or part of one.
func (g *Gate) requires(path string) bool {
	p, err := scim.ParseAttrPath(path)
	return err == nil && slices.ContainsFunc(g.Required, func(r scim.AttrPath) bool {
		return strings.EqualFold(r.URN, p.URN) && (r.Name == "" || strings.EqualFold(r.Name, p.Name)) && (r.Sub == "" || strings.EqualFold(r.Sub, p.Sub))
	})
}

// Move is a required attribute that lives elsewhere than it did when it was verified.
type Move struct {
	Attribute string
	Was, Is   Place
}

func (m Move) String() string {
	return m.Attribute + " was verified to live in " + m.Was.in() + " and lives in " + m.Is.in() + " now"
}

func (p Place) in() string {
	if p == Store {
		return "the store"
	}
	return string(p)
}
