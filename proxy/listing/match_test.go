package listing_test

import (
	"context"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// kept shows the requested values of one user, of which the directory below shows others.
type kept struct {
	directory.Directory
	requested, observed scim.Resource
}

func (k kept) merge(r scim.Resource, n directory.Fields) scim.Resource {
	for l := range k.requested.Leaves() {
		if n.Covers(l.Path) {
			r = r.Set(l.Path, l.Raw)
		}
	}
	if n.Observed {
		r = directory.WithObserved(r, k.observed)
	}
	return r
}

func (k kept) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	r, err := k.Directory.Get(ctx, ref, n)
	return k.merge(r, n), err
}

func (k kept) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	p, err := k.Directory.List(ctx, q)
	for i, r := range p.Resources {
		p.Resources[i] = k.merge(r, q.Fields)
	}
	return p, err
}

// A user is found by what was requested and by what is shown below, and by nothing else.
func TestFiltersFindByBoth(t *testing.T) {
	s := build(wide)
	const observed = `{"userName":"i\u0307da","name":{"familyName":"User 01"},"title":"Countess"}`
	made := s.put(t, document.Must(observed))
	s.index[key(scim.User, scim.AttrPath{Name: "userName"}, " \u0130da")] = []string{made.ID()}
	requested := document.Must(`{"userName":" \u0130da","name":{"familyName":" User 01"},"title":"Countess "}`)
	d := listing.New(kept{s.below, requested, document.Must(observed)}, s.Options)
	for filter, want := range map[string]int{
		`userName eq " \u0130da"`:                                         1,
		`userName eq "i\u0307da"`:                                         1,
		`userName eq "ida"`:                                               0,
		`userName eq " \u0130da" and active eq true`:                      1,
		`userName eq " \u0130da" and title eq "Countess"`:                 1,
		`userName sw " \u0130"`:                                           1,
		`userName eq "i\u0307da" and title eq "countess "`:                1,
		`name.familyName eq "user 01"`:                                    1,
		`name.familyName eq " user 01"`:                                   1,
		`name.familyName eq "user 01 "`:                                   0,
		`name[familyName eq "User 01"]`:                                   1,
		`name.familyName ne "User 01"`:                                    0,
		`name.familyName ne " User 01"`:                                   0,
		`name.familyName ne "User 02"`:                                    1,
		`not (title eq "Countess") or not (title eq "Countess ")`:         0,
		`not (name.familyName eq "x") and name.familyName sw "U"`:         1,
		`title eq "Countess" and title eq "Countess " and userName pr`:    1,
		`title eq "Countess" and (nickName pr or userName ew "\u0130da")`: 1,
	} {
		f, err := scim.ParseFilter(filter)
		if err != nil {
			t.Fatal(err)
		}
		for name, cursor := range map[string]*string{"page": nil, "cursor": new("")} {
			p, err := d.List(t.Context(), directory.Query{Type: scim.User, Filter: f, Start: 1, Count: 10, Cursor: cursor})
			if err != nil || len(p.Resources) != want {
				t.Errorf("%s (%s): %d, %v; want %d", filter, name, len(p.Resources), err, want)
				continue
			}
			for _, r := range p.Resources {
				if plain, below := directory.Observed(r); !below.IsZero() || !document.Same(plain.Raw("userName"), `" \u0130da"`) {
					t.Errorf("%s (%s): %s", filter, name, r)
				}
			}
		}
	}
}
