package identity

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"time"

	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
)

// Source reads all resources of a scope.
type Source struct {
	// Key says which values of resources the walk reads. The result of a walk with another key does
	// not count.
	Key string
	// Each calls visit for every resource that exists during the whole walk, with all values of the
	// attributes that record.Indexed names, as the directory below has them.
	Each func(ctx context.Context, visit func(t scim.ResourceType, r scim.Resource) error) error
}

// walked is the result of a walk. It has hashes of terms: two terms with one hash are harmless,
// because a result is checked.
type walked struct {
	key   string
	begun time.Time
	seed  maphash.Seed
	ids   []string
	terms []term // sorted
}

type term struct {
	hash uint64
	at   uint32 // index of the id
}

var errMany = errors.New("there are too many resources to index")

// read walks over all resources.
func read(ctx context.Context, s Source, begun time.Time) (*walked, error) {
	w := &walked{key: s.Key, begun: begun, seed: maphash.MakeSeed()}
	err := s.Each(ctx, func(t scim.ResourceType, r scim.Resource) error {
		if len(w.ids) == Most {
			return errMany
		}
		for _, text := range record.Terms(t, r) {
			w.terms = append(w.terms, term{maphash.String(w.seed, text), uint32(len(w.ids))}) //nolint:gosec // at most Most
		}
		w.ids = append(w.ids, r.ID())
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(w.terms, func(a, b term) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.at, b.at)) })
	return w, nil
}

// having returns the ids of the resources that may have a term.
func (w *walked) having(text string) (ids []string) {
	if w == nil {
		return nil
	}
	hash := maphash.String(w.seed, text)
	i, _ := slices.BinarySearchFunc(w.terms, hash, func(t term, hash uint64) int { return cmp.Compare(t.hash, hash) })
	for ; i < len(w.terms) && w.terms[i].hash == hash; i++ {
		ids = append(ids, w.ids[w.terms[i].at])
	}
	return ids
}
