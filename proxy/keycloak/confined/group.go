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
	path string
	lock func(ctx context.Context, key string) (unlock func(), err error)

	mu sync.Mutex
	id string // "" if it is not known
}

// NewGroup returns the group with a path, without a slash at its beginning. lock keeps two creates,
// also of two processes, from taking the same free group.
func NewGroup(path string, lock func(ctx context.Context, key string) (unlock func(), err error)) *Group {
	return &Group{path: path, lock: lock}
}

// Check returns the fault of an account that cannot work in the group. It changes nothing.
func (g *Group) Check(ctx context.Context, r *keycloak.Realm) error {
	g.forget()
	_, err := g.children(ctx, r)
	return err
}

func (g *Group) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.id = ""
}

// idOf returns the id of the group, which it asks for once.
func (g *Group) idOf(ctx context.Context, r *keycloak.Realm) (string, error) {
	g.mu.Lock()
	known := g.id
	g.mu.Unlock()
	if known != "" {
		return known, nil
	}
	parts := strings.Split(g.path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	a, err := g.ask(ctx, r, "/group-by-path/"+strings.Join(parts, "/"))
	if err != nil {
		return "", err
	}
	var group struct{ ID string }
	if err := json.Unmarshal(a, &group); err != nil || group.ID == "" {
		return "", scim.Upstream(fmt.Errorf("the group has no id: %w", err))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.id = group.ID
	return g.id, nil
}

// child is a child of the group, as the Admin REST API shows it.
type child struct {
	ID         string              `json:"id"`
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
			return slices.CompactFunc(all, func(a, b child) bool { return a.ID == b.ID }), nil
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
		return nil, r.Fault(fault.Group, "the group /"+g.path+" was answered "+fault.Said(a.Status, a.Body))
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
