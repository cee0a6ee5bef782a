package tenantgroup

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/scim"
)

// free is how the names of free groups of the pool begin.
const free = "~free-"

// Free reports whether a name is one of a free group. No group of the tenant may have it.
func Free(name string) bool { return strings.HasPrefix(strings.ToLower(strings.TrimSpace(name)), free) }

// Hidden reports whether a name is one of a group of the pool that is not one of the tenant.
func Hidden(name string) bool { return Free(name) || isNote(name) }

// Unreserved returns a 400 error for a displayName that only hidden groups have.
func Unreserved(name string) error {
	switch {
	case Free(name):
		return scim.InvalidValue("displayName must not begin with %s", free)
	case Hidden(name):
		return scim.InvalidValue("displayName must not be %s", noteName)
	}
	return nil
}

// poolLock is the key of the lock of the pool. No resource's lock has it.
const poolLock = "pool of free groups"

// InPool runs do under the lock of the pool. If a change of do may still take effect, the pool
// stays locked until it no longer can: it could rename a group that another create has taken
// meanwhile.
func (g *Group) InPool(ctx context.Context, do func(ctx context.Context) error) error {
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

// Child is a child of the group, as the Admin REST API shows it.
type Child struct {
	ID         string              `json:"id,omitempty"`
	Name       string              `json:"name"`
	Attributes map[string][]string `json:"attributes"`
}

// childrenAtOnce is how many children one request reads.
const childrenAtOnce = 1000

// Children reads the groups of the pool, free ones too, in the order of their ids.
func (g *Group) Children(ctx context.Context, r *keycloak.Realm) (all []Child, err error) {
	id, err := g.ID(ctx, r)
	for err == nil {
		var some []Child
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
			slices.SortFunc(all, func(a, b Child) int { return cmp.Compare(a.ID, b.ID) })
			all = slices.CompactFunc(all, func(a, b Child) bool { return a.ID == b.ID })
			g.reached(levelOf(all))
			return all, nil
		}
	}
	return nil, err
}

// Claimed notes that one of the free groups that Children has returned is a group of the tenant
// now.
func (g *Group) Claimed(all []Child) {
	is := levelOf(all)
	g.reached(Level{is.Free - 1, is.All})
}

// NoneFree is the error of a pool without a free group. A retry helps after it was filled.
func (g *Group) NoneFree() error {
	return &scim.Error{Status: http.StatusServiceUnavailable, RetryAfter: 300, Detail: "no free group is left in the pool of the group " + g.Path() +
		" in Keycloak: the operator of the service must add groups to the pool; until then, groups cannot be created"}
}
