package tenantgroup

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/refusal"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// A user of the tenant who is also in a group that another account manages is a shared user. The
// account gets 403 for it by its id, but Keycloak's SCIM API counts it in the totals of lists,
// without showing it, and the Admin REST API lists it (measured). So it does not exist for the
// tenant: a filter keeps it out of every list.

var userName = scim.AttrPath{Name: "userName"}

const (
	// usersAtOnce is how many users one request reads, and mostPages how many requests look for
	// shared users at most.
	usersAtOnce, mostPages = 1000, 50
	// SharedFilter is how many bytes WithoutShared may add to a filter.
	SharedFilter = 512
)

// shared are the shared users that are known.
type shared struct {
	names map[string]string // by id
	cut   bool              // there are more users than were looked at
}

// Shared returns the names of the shared users that are known, by id.
func (g *Group) Shared() map[string]string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.shared.names)
}

// Look reads all users of the tenant and finds the shared ones. It reads 1,000 with a request, and
// at most 50,000. The error is a fault if there are too many to leave them out of lists.
func (g *Group) Look(ctx context.Context, r *keycloak.Realm) error {
	found := shared{names: map[string]string{}, cut: true}
	for page := range mostPages {
		body, err := g.ask(ctx, r, fmt.Sprintf("/users?briefRepresentation=true&first=%d&max=%d", page*usersAtOnce, usersAtOnce))
		if err != nil {
			return err
		}
		var some []struct {
			ID       string
			Username string
			Access   struct{ Manage *bool }
		}
		if err := json.Unmarshal(body, &some); err != nil {
			return scim.Upstream(err)
		}
		for _, u := range some {
			if u.Access.Manage != nil && !*u.Access.Manage {
				found.names[u.ID] = u.Username
			}
		}
		if len(some) < usersAtOnce {
			found.cut = false
			break
		}
	}
	if err := onlyRefused(ctx, r, found.names); err != nil {
		return err
	}
	g.learn(found)
	_, err := g.excluding(r, nil, found.names)
	return err
}

// WithoutShared adds to a filter on users, which may be nil, that they are not the shared ones that
// are known. It asks Keycloak which of these still are shared. The error is a fault if there are
// too many.
func (g *Group) WithoutShared(ctx context.Context, r *keycloak.Realm, f scim.Filter) (scim.Filter, error) {
	names, err := g.stillShared(ctx, r)
	if err != nil {
		return nil, err
	}
	return g.excluding(r, f, names)
}

// stillShared returns the shared users that are known, without those that the account reaches
// meanwhile.
func (g *Group) stillShared(ctx context.Context, r *keycloak.Realm) (map[string]string, error) {
	names := g.Shared()
	before := len(names)
	if err := onlyRefused(ctx, r, names); err != nil {
		return nil, err
	}
	if len(names) < before {
		g.mu.Lock()
		cut := g.shared.cut
		g.mu.Unlock()
		g.learn(shared{names, cut})
	}
	return names, nil
}

// onlyRefused removes users for which Keycloak does not answer 403.
func onlyRefused(ctx context.Context, r *keycloak.Realm, names map[string]string) error {
	for id := range names {
		a, err := r.Send(ctx, http.MethodGet, "/users/"+url.PathEscape(id), "")
		switch {
		case err != nil:
			return err
		case a.Status == http.StatusOK, a.Status == http.StatusNotFound:
			delete(names, id)
		case a.Status != http.StatusForbidden:
			return refusal.Unclear(a.Status, a.Body)
		}
	}
	return nil
}

// learn keeps what was found, and reports a change.
func (g *Group) learn(found shared) {
	g.mu.Lock()
	changed := !maps.Equal(g.shared.names, found.names)
	g.shared = found
	g.mu.Unlock()
	if changed && g.Found != nil {
		g.Found(maps.Clone(found.names))
	}
}

// TooMany reports whether the group has more users than Look reads.
func (g *Group) TooMany() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shared.cut
}

// excluding adds to a filter that the users are not those of names.
func (g *Group) excluding(r *keycloak.Realm, f scim.Filter, names map[string]string) (scim.Filter, error) {
	if len(names) == 0 {
		return f, nil
	}
	var terms []scim.Filter
	if f != nil {
		terms = append(terms, f)
	}
	size := 0
	for _, name := range slices.Sorted(maps.Values(names)) {
		term := scim.Compare{Attr: userName, Op: scim.Ne, Value: document.Quote(name)}
		size += len(" and ") + len(term.String())
		if size > SharedFilter || strings.Contains(term.Value, `\`) { // Keycloak does not decode escapes (measured)
			return nil, r.Fault(fault.Shared, fmt.Sprintf("%d users of the group %s are also in groups that other accounts manage, too many to leave out of lists", len(names), g.Path()))
		}
		terms = append(terms, term)
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return scim.And{Terms: terms}, nil
}
