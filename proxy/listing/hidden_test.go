package listing_test

import (
	"context"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// guarded refuses the hidden ids, and lists if refused is set.
type guarded struct {
	directory.Directory
	hidden  map[string]bool
	refused error
	lists   int
}

func (g *guarded) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	if g.hidden[ref.ID] {
		return scim.Resource{}, scim.Forbidden("not yours")
	}
	return g.Directory.Get(ctx, ref, n)
}

func (g *guarded) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	g.lists++
	if g.refused != nil {
		return directory.Page{}, g.refused
	}
	return g.Directory.List(ctx, q)
}

// A candidate that the caller may not see is treated as missing. Before an empty list is returned
// because of it, or to a caller with its own credential, the directory below is asked whether the
// caller may list at all.
func TestCandidatesThatAreHidden(t *testing.T) {
	forbidden := scim.Forbidden("no role")
	for what, row := range map[string]struct {
		own, taken, mine bool // the index has the value; the caller may see the resource
		refused          error
		found, lists     int
		status           int
	}{
		"mine":                            {own: true, taken: true, mine: true, found: 1},
		"free":                            {own: true},
		"another's":                       {own: true, taken: true, lists: 1},
		"the account has lost its role":   {own: true, taken: true, refused: forbidden, lists: 1, status: 403},
		"drop-in, free":                   {lists: 1},
		"drop-in, another's":              {taken: true, lists: 1},
		"drop-in without a role, free":    {refused: forbidden, lists: 1, status: 403},
		"drop-in without a role, taken":   {taken: true, refused: forbidden, lists: 1, status: 403},
		"drop-in, mine, found by one GET": {taken: true, mine: true, found: 1},
	} {
		s := build(wide)
		made := s.put(t, document.Must(`{"userName":"ada","externalId":"e-1","title":"T"}`))
		if row.taken {
			s.index[key(scim.User, scim.AttrPath{Name: "externalId"}, "e-1")] = []string{made.ID()}
		}
		g := &guarded{Directory: s.Directory.Directory, hidden: map[string]bool{made.ID(): !row.mine}, refused: row.refused}
		s.Directory.Directory, s.AskOnMiss = g, !row.own
		able := s.below.Capabilities()
		able.Placements[scim.User]["externalid"] = directory.StoreOnly
		p, err := s.List(t.Context(), directory.Query{Type: scim.User, Filter: scim.Equal(scim.AttrPath{Name: "externalId"}, "e-1"), Start: 1, Count: 10})
		if row.status != 0 && scim.Status(err) != row.status || row.status == 0 && err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if p.Total != row.found || g.lists != row.lists {
			t.Errorf("%s: %d found, %d lists below", what, p.Total, g.lists)
		}
	}
}

// The same holds for resources that the store names: a caller who may not list learns neither their
// values nor how many there are, and a lost role does not look like an empty directory.
func TestKeptListsThatAreHidden(t *testing.T) {
	forbidden := scim.Forbidden("no role")
	for what, row := range map[string]struct {
		own, taken, mine bool
		refused          error
		found            int
	}{
		"mine":                          {own: true, taken: true, mine: true, found: 1},
		"free":                          {own: true},
		"another's":                     {own: true, taken: true},
		"the account has lost its role": {own: true, taken: true, refused: forbidden},
		"drop-in, free":                 {},
		"drop-in, mine":                 {taken: true, mine: true, found: 1},
		"drop-in, another's":            {taken: true},
		"drop-in without a role, free":  {refused: forbidden},
		"drop-in without a role, taken": {taken: true, refused: forbidden},
	} {
		for _, cursor := range []*string{nil, new("")} {
			s := stored(t, wide)
			title := `"T"`
			if row.taken {
				title = `"Boss"`
			}
			made := s.put(t, document.Must(`{"userName":"ada"}`).With("title", title))
			g := &guarded{Directory: s.Directory.Directory, hidden: map[string]bool{made.ID(): !row.mine}, refused: row.refused}
			s.Directory.Directory, s.AskOnMiss = g, !row.own
			p, err := s.List(t.Context(), directory.Query{Type: scim.User, Filter: scim.Compare{Attr: scim.MustPath("title"), Op: scim.Sw, Value: `"boss"`}, Start: 1, Count: 10, Cursor: cursor})
			if row.refused != nil && scim.Status(err) != 403 || row.refused == nil && err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if len(p.Resources) != row.found || p.Next != "" {
				t.Errorf("%s: %d found, next %q", what, len(p.Resources), p.Next)
			}
		}
	}
}
