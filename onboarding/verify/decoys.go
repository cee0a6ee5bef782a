package verify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/attacks"
)

// decoyPrefix begins the names of all decoys for a client.
func decoyPrefix(clientID string) string {
	sum := sha256.Sum256([]byte(clientID))
	return fmt.Sprintf("scim-verify-%x-", sum[:4])
}

// weak is the role of decoys that are administrators. It allows to read settings of authorization
// services. Keycloak's SCIM API protects its holders like those of realm-admin (measured).
const weak = "view-authorization"

// Names of decoys, after the prefix.
const (
	member       = "member"   // a user of the tenant
	outsider     = "outsider" // a user of no tenant
	boss         = "administrator"
	neighbour    = "neighbour" // a user of what looks like another tenant
	otherGroup   = "tenant"
	otherPool    = "group"
	bossGroup    = "administrators"
	otherClient  = "client"
	otherRole    = "role"
	organization = "organization"
)

type object = map[string]any

// decoys are the objects that are attacked.
type decoys struct {
	own     attacks.Own
	foreign attacks.Foreign
	all     []decoy
}

// decoy is an object in Keycloak.
type decoy struct {
	kind     *kind
	ID, Name string
}

func (d decoy) String() string { return d.kind.name + " " + d.Name }

// kind of objects.
type kind struct {
	name string
	// collection is where objects are created and found, path how one is read.
	collection []string
	query      func(prefix string) url.Values
	byID       string
	parts      []string
}

func search(prefix string) url.Values { return url.Values{"search": {prefix}} }

var (
	users = kind{
		"user", []string{"users"}, func(prefix string) url.Values { return url.Values{"search": {prefix + "*"}} }, "users",
		[]string{"groups", "role-mappings", "credentials", "federated-identity"},
	}
	groups = kind{
		"group", []string{"groups"}, func(prefix string) url.Values {
			return url.Values{"search": {prefix}, "populateHierarchy": {"false"}}
		}, "groups",
		[]string{"members", "children", "role-mappings"},
	}
	clients = kind{
		"client", []string{"clients"}, func(prefix string) url.Values { return url.Values{"clientId": {prefix}, "search": {"true"}} }, "clients",
		[]string{"client-secret", "roles"},
	}
	realmRoles    = kind{"role", []string{"roles"}, search, "roles-by-id", []string{"composites"}}
	organizations = kind{"organization", []string{"organizations"}, search, "organizations", []string{"members"}}
)

// kinds in the order in which decoys are removed.
var kinds = []*kind{&users, &groups, &clients, &realmRoles, &organizations}

// find returns everything whose name begins with a prefix.
func (p *Proof) find(ctx context.Context, prefix string) (all []decoy, err error) {
	for _, k := range kinds {
		if k == &organizations && !p.found.realm.Organizations {
			continue
		}
		type named struct{ ID, Name, Username, ClientID string }
		found, err := onboarding.Pages[named](ctx, p.admin, p.spec.Realm, k.query(prefix), k.collection...)
		if err != nil {
			return nil, fmt.Errorf("find decoys: %w", err)
		}
		for _, one := range found {
			name := one.Name
			switch k {
			case &users:
				name = one.Username
			case &clients:
				name = one.ClientID
			}
			if strings.HasPrefix(name, prefix) {
				all = append(all, decoy{k, one.ID, name})
			}
		}
	}
	return all, nil
}

// remove deletes decoys; those that do not exist any more are not an error.
func (p *Proof) remove(ctx context.Context, all []decoy) error {
	var failed []error
	for _, d := range all {
		if err := p.admin.Renew(ctx); err != nil {
			return err
		}
		_, err := p.admin.Do(ctx, p.spec.Realm, onboarding.Request{Method: http.MethodDelete, Path: []string{d.kind.byID, d.ID}})
		if err != nil && onboarding.Status(err) != http.StatusNotFound {
			failed = append(failed, fmt.Errorf("delete the decoy %s: %w", d, err))
		}
	}
	return errors.Join(failed...)
}

// leftOvers removes the decoys of runs that were killed.
func (p *Proof) leftOvers(ctx context.Context) error {
	all, err := p.find(ctx, p.every)
	if err != nil {
		return err
	}
	return p.remove(ctx, all)
}

// removeTimeout bounds the removal of decoys, which an interruption does not stop.
const removeTimeout = 2 * time.Minute

// clear removes all decoys of this run, and whatever an attack created. It ignores the cancellation
// of ctx.
func (p *Proof) clear(ctx context.Context, made []decoy) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTimeout)
	defer cancel()
	found, err := p.find(ctx, p.every)
	return errors.Join(err, p.remove(ctx, append(found, made...)))
}
