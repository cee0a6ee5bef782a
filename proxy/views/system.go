package views

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// System returns what is known of the program, its store and its realms.
func (v *Views) System(ctx context.Context) (console.System, error) {
	s := v.Program
	s.Store, s.Notes = v.Store(ctx), v.Notes(ctx)
	byRealm := map[string][]Tenant{}
	for _, t := range v.All() {
		byRealm[t.Config.Realm] = append(byRealm[t.Config.Realm], t)
	}
	states := v.health()
	for name, tenants := range byRealm {
		r := console.Realm{Name: name, Tenants: len(tenants), Health: console.Good}
		for _, t := range tenants {
			if h, why := healthOf(states[t.Config.Tenant]); worse(h, r.Health) {
				r.Health, r.Why = h, t.Config.Tenant+": "+why
			}
		}
		can, err := tenants[0].Capabilities(ctx)
		if err != nil {
			r.Capabilities = []console.Fact{{Name: "not known", Value: plain(err)}}
		} else {
			r.Capabilities = factsOf(can)
		}
		s.Realms = append(s.Realms, r)
	}
	slices.SortFunc(s.Realms, func(a, b console.Realm) int { return cmp.Compare(a.Name, b.Name) })
	return s, nil
}

// severity orders healths.
var severity = map[console.Health]int{console.Good: 0, console.Unknown: 1, console.Warning: 2, console.Bad: 3}

func worse(a, b console.Health) bool { return severity[a] > severity[b] }

// factsOf are the capabilities of a realm behind the proxy, as its callers see them.
func factsOf(c directory.Capabilities) []console.Fact {
	native, placed := 0, c.Placements[scim.User]
	for _, p := range placed {
		if p != directory.StoreOnly && p != directory.ServerMade {
			native++
		}
	}
	var required []string
	for _, p := range c.Required[scim.User] {
		required = append(required, p.String())
	}
	return []console.Fact{
		{Name: "attributes of users that Keycloak has", Value: fmt.Sprint(native)},
		{Name: "attributes that it requires", Value: cmp.Or(strings.Join(required, ", "), "none")},
		{Name: "largest page", Value: fmt.Sprint(c.MaxPage)},
		{Name: "sorting", Value: offered(c.Sort)},
		{Name: "ETags", Value: offered(c.ETag)},
		{Name: "cursors", Value: offered(c.Cursor)},
	}
}

func offered(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// StoreOf is what is known of a store: its stamp, and the bytes that it uses.
func StoreOf(ctx context.Context, kind string, stamp func(context.Context) (string, error), usage func(context.Context) (size, limit int64, err error)) console.Store {
	s := console.Store{Kind: kind, Health: console.Good}
	text, err := stamp(ctx)
	if err != nil {
		s.Health, s.Why = console.Bad, plain(err)
		return s
	}
	s.Facts = append(s.Facts, console.Fact{Name: "stamp", Value: text})
	size, limit, err := usage(ctx)
	switch {
	case err != nil:
		s.Facts = append(s.Facts, console.Fact{Name: "size", Value: "not known: " + plain(err)})
	case limit > 0:
		s.Facts = append(s.Facts, console.Fact{Name: "size", Value: fmt.Sprintf("%d of %d KiB", size>>10, limit>>10)})
		if size > limit/10*9 {
			s.Health, s.Why = console.Warning, "more than 90% of the store is used"
		}
	default:
		s.Facts = append(s.Facts, console.Fact{Name: "size", Value: fmt.Sprintf("%d KiB", size>>10)})
	}
	return s
}

// Sorted returns tenants in the order of their names.
func Sorted(all []Tenant) []Tenant {
	slices.SortFunc(all, func(a, b Tenant) int { return cmp.Compare(a.Config.Tenant, b.Config.Tenant) })
	return all
}
