package writing

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// lookups is how many members are looked up at the same time.
const lookups = 8

// join changes members. With SkipUnknownMembers, a refused change is tried once more without the
// members that do not exist.
func (s *Service) join(ctx context.Context, group scim.Ref, m directory.MemberChange) (skipped []string, err error) {
	err = s.below.ChangeMembers(ctx, group, m)
	if err == nil || !s.options.SkipUnknownMembers || scim.Status(err) != 400 || len(m.Add) == 0 {
		return nil, err
	}
	skipped, lookErr := s.missing(ctx, m.Add)
	if lookErr != nil || len(skipped) == 0 {
		return nil, err
	}
	m.Add = slices.DeleteFunc(slices.Clone(m.Add), func(id string) bool { return slices.Contains(skipped, id) })
	if m.Empty() {
		return skipped, nil
	}
	return skipped, s.below.ChangeMembers(ctx, group, m)
}

// missing returns the ids for which there is no user.
func (s *Service) missing(ctx context.Context, ids []string) ([]string, error) {
	var mu sync.Mutex
	var gone []string
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(lookups)
	for _, id := range ids {
		g.Go(func() error {
			_, err := s.below.Get(ctx, scim.Ref{Type: scim.User, ID: id}, directory.Fields{Only: []string{"id"}})
			if err == nil || scim.Status(err) != 404 {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			gone = append(gone, id)
			return nil
		})
	}
	err := g.Wait()
	slices.Sort(gone)
	return gone, err
}
