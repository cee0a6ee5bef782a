package listing_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// counting counts lists and reads.
type counting struct {
	directory.Directory
	lists, reads atomic.Int64
}

func (c *counting) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	c.lists.Add(1)
	return c.Directory.List(ctx, q)
}

func (c *counting) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	c.reads.Add(1)
	return c.Directory.Get(ctx, ref, n)
}

// An index that knows all resources is believed, also that there is none. If a resource that it
// names has lost the value, or the index does not know all, the directory below is asked.
func TestIndexThatKnowsAll(t *testing.T) {
	below := directorytest.NewMemory(directorytest.KeycloakCapabilities())
	make := func(text string) string {
		r, err := below.Create(t.Context(), scim.User, document.Must(text))
		if err != nil {
			t.Fatal(err)
		}
		return r.ID()
	}
	ada := make(`{"userName":"ada","active":true,"emails":[{"value":"a@x.test","primary":true}]}`)
	grace := make(`{"userName":"grace","active":false,"emails":[{"value":"g@x.test","primary":true}]}`)
	for _, row := range []struct {
		filter       string
		found        listing.Found
		want         []string
		lists, reads int64
	}{
		{`userName eq "ada"`, listing.Found{IDs: []string{ada}, Known: true, All: true}, []string{ada}, 0, 1},
		{`userName eq "nobody"`, listing.Found{Known: true, All: true}, nil, 0, 0},
		{`userName eq "nobody"`, listing.Found{Known: true}, nil, 1, 0},
		{`userName eq "ada"`, listing.Found{IDs: []string{grace}, Known: true, All: true}, []string{ada}, 1, 2},
		{`userName eq "ada"`, listing.Found{IDs: []string{"gone"}, Known: true, All: true}, []string{ada}, 1, 2},
		{`emails.value eq "a@x.test"`, listing.Found{IDs: []string{ada}, Known: true, All: true}, []string{ada}, 0, 1},
		{`emails.value eq "nobody"`, listing.Found{Known: true, All: true}, nil, 0, 0},
		{`emails.value eq "a@x.test"`, listing.Found{Known: true}, []string{ada}, 1, 1},
		{`emails.value eq "a@x.test"`, listing.Found{IDs: []string{grace}, Known: true, All: true}, []string{ada}, 1, 3},
		{`userName eq "grace" and active eq false`, listing.Found{IDs: []string{grace}, Known: true, All: true}, []string{grace}, 0, 1},
		{`userName eq "grace" and active eq true`, listing.Found{IDs: []string{grace}, Known: true, All: true}, nil, 1, 1},
		{`userName eq "nobody" or userName eq "ada"`, listing.Found{Known: true, All: true}, []string{ada}, 1, 0},
		{`not (userName eq "ada")`, listing.Found{Known: true, All: true}, []string{grace}, 1, 0},
		{`userName ne "ada"`, listing.Found{Known: true, All: true}, []string{grace}, 1, 0},
	} {
		c := &counting{Directory: below}
		d := listing.New(c, listing.Options{
			KnowsAll: true, Schemas: scim.CoreSchemas(), Limits: wide,
			Find: func(_ context.Context, _ scim.ResourceType, a scim.AttrPath, _ string) (listing.Found, error) {
				if a.Name == "active" {
					return listing.Found{}, nil
				}
				return row.found, nil
			},
		})
		f, err := scim.ParseFilter(row.filter)
		if err != nil {
			t.Fatal(err)
		}
		p, err := d.List(t.Context(), directory.Query{Type: scim.User, Filter: f, Start: 1, Count: 9})
		if got := ids(p); err != nil || !slices.Equal(got, row.want) || p.Total != len(row.want) || c.lists.Load() != row.lists || c.reads.Load() != row.reads {
			t.Errorf("%s, %+v: %q by %d lists and %d reads, %v", row.filter, row.found, got, c.lists.Load(), c.reads.Load(), err)
		}
	}
}
