package confined

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/scim"
)

// free is how the names of free groups of the pool begin.
const free = "~free-"

// Free reports whether a name is one of a free group. No group of the tenant may have it.
func Free(name string) bool { return strings.HasPrefix(strings.ToLower(strings.TrimSpace(name)), free) }

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

// NewGroup returns a top-level group of a realm. lock keeps two creates, also of two processes,
// from taking the same free group. doubt is how long a change without an answer may still take
// effect.
func NewGroup(name string, lock func(ctx context.Context, key string) (unlock func(), err error), doubt time.Duration, now func() time.Time) *Group {
	return &Group{name: name, lock: lock, doubt: doubt, now: now}
}

// poolLock is the key of the lock of the pool. No resource's lock has it.
const poolLock = "pool of free groups"

// inPool runs do under the lock of the pool. If a change of do may still take effect, the pool
// stays locked until it no longer can: it could rename a group that another create has taken
// meanwhile.
func (g *Group) inPool(ctx context.Context, do func(ctx context.Context) error) error {
	unlock, err := g.lock(ctx, poolLock)
	if err != nil {
		return scim.Unavailable("the lock", err)
	}
	within, outcome := directory.WithOutcome(ctx)
	defer func() {
		if !outcome.InDoubt() {
			unlock()
			return
		}
		directory.OutcomeOf(ctx).Doubt()
		time.AfterFunc(g.doubt, unlock)
	}()
	return do(within)
}

// Check returns the fault of an account that cannot work in the group, or is not confined to it. It
// changes nothing.
func (g *Group) Check(ctx context.Context, r *keycloak.Realm) error {
	if _, err := g.find(ctx, r); err != nil {
		return err
	}
	if err := g.confines(ctx, r); err != nil {
		g.forget()
		return err
	}
	if _, err := g.children(ctx, r); err != nil {
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

// idOf returns the id of the group. At the first time, and then once in confinedAge, it asks
// Keycloak, also whether the account is confined.
func (g *Group) idOf(ctx context.Context, r *keycloak.Realm) (string, error) {
	g.mu.Lock()
	known, fresh := g.id, g.now().Sub(g.at) < confinedAge
	g.mu.Unlock()
	if known != "" && fresh {
		return known, nil
	}
	found, err := g.find(ctx, r)
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

// find asks Keycloak for the id of the group.
func (g *Group) find(ctx context.Context, r *keycloak.Realm) (string, error) {
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
		return r.Fault(fault.Excess, "it may see users outside the group /"+g.name)
	case a.Status != http.StatusForbidden:
		return failed(a)
	}
	ctx, _ = directory.WithOutcome(ctx)
	err = r.MayWrite(ctx, scim.Ref{Type: scim.User})
	f, broken := fault.In(err)
	switch {
	case err == nil:
		return r.Fault(fault.Excess, "it may create users outside the group /"+g.name)
	case broken && f.Cause == fault.Role, scim.Status(err) == http.StatusForbidden:
		return nil
	}
	return err
}

// child is a child of the group, as the Admin REST API shows it.
type child struct {
	ID         string              `json:"id,omitempty"`
	Name       string              `json:"name"`
	Attributes map[string][]string `json:"attributes"`
}

// childrenAtOnce is how many children one request reads.
const childrenAtOnce = 1000

// children reads the groups of the pool, free ones too, in the order of their ids.
func (g *Group) children(ctx context.Context, r *keycloak.Realm) (all []child, err error) {
	id, err := g.idOf(ctx, r)
	for err == nil {
		var some []child
		var body []byte
		path := fmt.Sprintf("/groups/%s/children?first=%d&max=%d&briefRepresentation=false", url.PathEscape(id), len(all), childrenAtOnce)
		if body, err = g.ask(ctx, r, path); err != nil {
			break
		}
		if err = json.Unmarshal(body, &some); err != nil {
			return nil, scim.Upstream(err)
		}
		all = append(all, some...)
		if len(some) < childrenAtOnce {
			slices.SortFunc(all, func(a, b child) int { return cmp.Compare(a.ID, b.ID) })
			all = slices.CompactFunc(all, func(a, b child) bool { return a.ID == b.ID })
			g.reached(levelOf(all))
			return all, nil
		}
	}
	return nil, err
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
		return nil, r.Fault(fault.Group, "the group /"+g.name+" was answered "+fault.Said(a.Status, a.Body))
	}
	return nil, failed(a)
}

// failed is the error of an answer that says nothing about the request.
func failed(a keycloak.Answer) error {
	cause := fmt.Errorf("Keycloak answered %s", fault.Said(a.Status, a.Body))
	if a.Status == http.StatusServiceUnavailable || a.Status == http.StatusTooManyRequests {
		return scim.Unavailable("Keycloak", cause)
	}
	return scim.Upstream(cause)
}
