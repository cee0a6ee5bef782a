package staged

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// Options of a Gate.
type Options struct {
	// Tenant is the name of the tenant; Realm, Group and IDP are what a proof is valid for.
	Tenant, Realm, Group, IDP string
	// Staged means that the tenant is live only with a proof.
	Staged bool
	// Required are the attributes that must live where they were verified.
	Required []scim.AttrPath
	// Stop holds writes while a required attribute lives elsewhere. Otherwise that is an alarm only.
	Stop bool
	// Space has the proofs of all tenants.
	Space store.Space
	Now   func() time.Time
	// Fault makes the error of required attributes that live elsewhere.
	Fault func(said string) error
	// Alarm receives that error whenever it is seen.
	Alarm func(error)
	// Trial lets some writes of a staged tenant pass. It may be nil.
	Trial Trial
}

// Trial decides about writes of a tenant that is not live yet.
type Trial interface {
	// Do carries out a write, or refuses it. If decided is false it has done neither, and the write
	// is held.
	Do(ctx context.Context, c protocol.Call, next protocol.Service) (a protocol.Answer, decided bool, err error)
	// End ends the trial for good, because the tenant goes live.
	End(ctx context.Context) error
}

// Gate decides whether the writes of one tenant are carried out. It is safe for concurrent use.
type Gate struct {
	Options

	mu     sync.Mutex
	proof  *Proof
	read   time.Time                 // when proof was read; zero before the first time
	seen   any                       // the user profile of place
	raised error                     // of the last look at required attributes, or nil
	place  func(scim.AttrPath) Place // where an attribute lives now; nil: not known
}

// New makes a Gate. It reads nothing before the first write.
func New(o Options) *Gate { return &Gate{Options: o} }

// plain reports whether there is nothing to decide.
func (g *Gate) plain() bool { return !g.Staged && len(g.Required) == 0 }

// Before returns a Service that carries out a write only if the gate is open. look makes sure that
// See was called with the present user profile. It is called before a write that depends on that.
func (g *Gate) Before(next protocol.Service, look func(context.Context) error) protocol.Service {
	if g.plain() {
		return next
	}
	return protocol.ServiceFunc(func(ctx context.Context, c protocol.Call) (protocol.Answer, error) {
		if c.Writes() {
			if err := g.open(ctx, look); errors.Is(err, errStaged) && g.Trial != nil {
				if a, decided, tried := g.Trial.Do(ctx, c, next); decided {
					return a, tried
				}
				return protocol.Answer{}, err
			} else if err != nil {
				return protocol.Answer{}, err
			}
		}
		return next.Do(ctx, c)
	})
}

func (g *Gate) open(ctx context.Context, look func(context.Context) error) error {
	proof, err := g.load(ctx, writeAge)
	switch {
	case err != nil:
		return err
	case g.Staged && !g.proves(proof):
		return held(errStaged, "The tenant %s is staged: it answers reads, and holds changes until an operator of the service has run: scim-proxy tenant canary %s", g.Tenant, g.Tenant)
	case len(g.Required) == 0:
		return nil
	}
	if err := look(ctx); err != nil {
		return err
	}
	if err := g.alarm(proof); err != nil && g.Stop {
		return held(err, "The tenant %s holds changes, because attributes that it requires are no longer where they were verified. "+
			"An operator of the service must mend the user profile in Keycloak, or accept it: scim-proxy tenant canary %s --accept", g.Tenant, g.Tenant)
	}
	return nil
}

// errStaged is the cause of a write that is held because the tenant is staged.
var errStaged = errors.New("the tenant is staged")

// RetryAfter is how many seconds a held write should wait.
const RetryAfter = 300

// held answers a write that may be repeated later. Nothing was done.
func held(cause error, format string, args ...any) error {
	e := scim.Fail(429, "", format, args...)
	e.RetryAfter, e.Cause = RetryAfter, cause
	return e
}

// See takes the placements of the tenant's attributes, which belong to a user profile that a
// request uses. It is cheap for the profile that it has seen last. It raises the alarm while a
// required attribute has moved.
func (g *Gate) See(profile any, placement func(scim.AttrPath) directory.Placement) {
	if len(g.Required) == 0 {
		return
	}
	g.mu.Lock()
	if raised := g.raised; g.seen == profile {
		g.mu.Unlock()
		if raised != nil {
			g.Alarm(raised)
		}
		return
	}
	g.seen, g.place = profile, func(p scim.AttrPath) Place { return PlaceOf(placement(p)) }
	proof := g.proof
	g.mu.Unlock()
	_ = g.alarm(proof)
}

// Check is See for a diagnosis: it reads the proof, and returns the fault, or nil.
func (g *Gate) Check(ctx context.Context, placement func(scim.AttrPath) directory.Placement) error {
	if g.plain() {
		return nil
	}
	proof, err := g.load(ctx, writeAge)
	if err != nil || len(g.Required) == 0 {
		return err
	}
	g.mu.Lock()
	g.seen, g.place = nil, func(p scim.AttrPath) Place { return PlaceOf(placement(p)) }
	g.mu.Unlock()
	return g.fault(g.lost(proof))
}

// alarm raises and returns the fault of required attributes that have moved, or returns nil.
func (g *Gate) alarm(p *Proof) error {
	err := g.fault(g.lost(p))
	g.mu.Lock()
	g.raised = err
	g.mu.Unlock()
	if err != nil {
		g.Alarm(err)
	}
	return err
}

func (g *Gate) fault(all []Move) error {
	if len(all) == 0 {
		return nil
	}
	said := make([]string, len(all))
	for i, m := range all {
		said[i] = m.String()
	}
	return g.Fault(strings.Join(said, "; "))
}

// lost are the required attributes that have moved, as far as places are known.
func (g *Gate) lost(p *Proof) []Move {
	g.mu.Lock()
	find := g.place
	g.mu.Unlock()
	if p == nil || find == nil {
		return nil
	}
	now := map[string]Place{}
	for path := range p.Places {
		if parsed, err := scim.ParseAttrPath(path); err == nil {
			now[path] = find(parsed)
		}
	}
	return g.moved(p, now)
}

// State is what the gate shows an operator.
type State struct {
	// Live means that writes are not held because the tenant is staged.
	Live bool
	// Proof is that of the tenant, nil without one.
	Proof *Proof
	// Moved are the required attributes that live elsewhere than the proof says.
	Moved []Move
	// Note says what an operator may have to do, "" for nothing.
	Note string
}

// State returns the state of the gate. The proof in it may be a minute old.
func (g *Gate) State(ctx context.Context) State {
	if g.plain() {
		return State{Live: true}
	}
	proof, err := g.load(ctx, showAge)
	if !g.proves(proof) {
		proof = nil
	}
	s := State{Live: !g.Staged || proof != nil, Proof: proof, Moved: g.lost(proof)}
	switch {
	case err != nil:
		s.Note = fmt.Sprintf("tenant %s: whether it is live cannot be read: %v", g.Tenant, err)
	case !s.Live:
		s.Note = fmt.Sprintf("tenant %s is staged: it answers reads only until this is green: scim-proxy tenant canary %s", g.Tenant, g.Tenant)
	case proof == nil:
		s.Note = fmt.Sprintf("tenant %s: its required attributes were never verified, run: scim-proxy tenant canary %s", g.Tenant, g.Tenant)
	}
	return s
}

// Shown returns whether the tenant is live, and the required attributes that have moved.
func (g *Gate) Shown(ctx context.Context) (live bool, moved []string) {
	s := g.State(ctx)
	for _, m := range s.Moved {
		moved = append(moved, m.Attribute)
	}
	return s.Live, moved
}

// Notes returns the note of State, if there is one.
func (g *Gate) Notes(ctx context.Context) []string {
	if note := g.State(ctx).Note; note != "" {
		return []string{note}
	}
	return nil
}

// Resolve reads the required attributes of a tenant's file. A name that only one extension has
// stands for it: department is that of the enterprise extension. A name that no schema has is taken
// as it is.
func Resolve(schemas scim.Schemas, names []string) (all []scim.AttrPath) {
	for _, name := range names {
		p, err := scim.ParseAttrPath(name)
		if err != nil { // the configuration refuses it
			continue
		}
		if _, known := schemas.Lookup(scim.User, p); !known && p.URN == "" {
			p = inExtension(schemas, p)
		}
		all = append(all, p)
	}
	return all
}

func inExtension(schemas scim.Schemas, p scim.AttrPath) scim.AttrPath {
	found := p
	for _, e := range schemas.Extensions(scim.User) {
		in := scim.AttrPath{URN: e.ID, Name: p.Name, Sub: p.Sub}
		if _, known := schemas.Lookup(scim.User, in); !known {
			continue
		}
		if found.URN != "" {
			return p
		}
		found = in
	}
	return found
}
