package tenantgroup

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/refusal"
	"keycloak-scim-proxy/proxy/scim"
)

// Group is the group that a tenant is confined to. All callers of the tenant share it.
type Group struct {
	// Organization is the id of the organization that new users become members of; "" for none.
	Organization string
	// Found is called with the shared users, names by id, whenever they change; nil is allowed.
	Found func(shared map[string]string)

	name  string
	lock  func(ctx context.Context, key string) (unlock func(), err error)
	doubt time.Duration
	now   func() time.Time

	mu       sync.Mutex
	id       string    // "" if it is not known
	at       time.Time // when it was asked for
	level    *Level    // of the pool; nil if it is not known
	watchers []func(is Level, news bool)
	shared   shared
}

// New returns a top-level group of a realm. lock keeps two creates, also of two processes,
// from taking the same free group. doubt is how long a change without an answer may still take
// effect.
func New(name string, lock func(ctx context.Context, key string) (unlock func(), err error), doubt time.Duration, now func() time.Time) *Group {
	return &Group{name: name, lock: lock, doubt: doubt, now: now}
}

// Path returns the path of the group in its realm.
func (g *Group) Path() string { return "/" + g.name }

// Check returns the fault of an account that cannot work in the group, or is not confined to it. It
// changes nothing.
func (g *Group) Check(ctx context.Context, r *keycloak.Realm) error {
	if _, err := g.Find(ctx, r); err != nil {
		return err
	}
	if err := g.confines(ctx, r); err != nil {
		g.forget()
		return err
	}
	if _, err := g.Children(ctx, r); err != nil {
		return err
	}
	return g.organizes(ctx, r)
}

func (g *Group) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.id = ""
}

// confinedAge is how long an account is taken to be confined to its group after Keycloak was asked.
const confinedAge = time.Minute

// ID returns the id of the group. At the first time, and then once in confinedAge, it asks
// Keycloak, also whether the account is confined. The error is a fault if the account cannot see
// the group, or is not confined to it.
func (g *Group) ID(ctx context.Context, r *keycloak.Realm) (string, error) {
	g.mu.Lock()
	known, fresh := g.id, g.now().Sub(g.at) < confinedAge
	g.mu.Unlock()
	if known != "" && fresh {
		return known, nil
	}
	found, err := g.Find(ctx, r)
	if err == nil {
		err = g.confines(ctx, r)
	}
	if err != nil {
		return "", err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.id, g.at = found, g.now()
	return found, nil
}

// Find asks Keycloak for the id of the group. The error is a fault if the account cannot see it.
func (g *Group) Find(ctx context.Context, r *keycloak.Realm) (string, error) {
	a, err := g.ask(ctx, r, "/group-by-path/"+url.PathEscape(g.name))
	if err != nil {
		return "", err
	}
	var group struct{ ID string }
	if err := json.Unmarshal(a, &group); err != nil || group.ID == "" {
		return "", scim.Upstream(fmt.Errorf("the group has no id: %w", err))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.id != group.ID { // another group has the name now
		g.id = ""
	}
	return group.ID, nil
}

// confines returns a fault if the account may see users outside the group, or create some: then
// Keycloak does not confine it, and users of other tenants could be read and changed by their ids.
// An account that may see all users sees its own, which is in no tenant's group. Nothing is
// created.
func (g *Group) confines(ctx context.Context, r *keycloak.Realm) error {
	a, err := r.Send(ctx, http.MethodGet, "/users/"+url.PathEscape(r.Subject()), "")
	switch {
	case err != nil:
		return err
	case a.Status == http.StatusOK:
		return r.Fault(fault.Excess, "it may see users outside the group "+g.Path())
	case a.Status != http.StatusForbidden:
		return refusal.Unclear(a.Status, a.Body)
	}
	ctx, _ = directory.WithOutcome(ctx)
	err = r.MayWrite(ctx, scim.Ref{Type: scim.User})
	f, broken := fault.In(err)
	switch {
	case err == nil:
		return r.Fault(fault.Excess, "it may create users outside the group "+g.Path())
	case broken && f.Cause == fault.Role, scim.Status(err) == http.StatusForbidden:
		return nil
	}
	return err
}

// ask reads something about the group. If Keycloak does not show it, the account does not work.
func (g *Group) ask(ctx context.Context, r *keycloak.Realm, path string) ([]byte, error) {
	a, err := r.Send(ctx, http.MethodGet, path, "")
	if err != nil {
		return nil, err
	}
	switch a.Status {
	case http.StatusOK:
		return a.Body, nil
	case http.StatusForbidden, http.StatusNotFound:
		g.forget()
		return nil, r.Fault(fault.Group, "the group "+g.Path()+" was answered "+fault.Said(a.Status, a.Body))
	}
	return nil, refusal.Unclear(a.Status, a.Body)
}
