package redis

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/internal/codec"
)

type space struct {
	*Engine
	tenant string
	keys   keys
}

// Name is store.Space.Name.
func (s *space) Name() string { return s.tenant }

// Load is store.Space.Load.
func (s *space) Load(ctx context.Context, ids ...string) (map[string]store.Record, error) {
	if err := cmp.Or(store.CheckIDs(s.tenant), store.CheckIDs(ids...), begin(ctx, "load")); err != nil {
		return nil, err
	}
	return s.load(ctx, ids)
}

func (s *space) load(ctx context.Context, ids []string) (map[string]store.Record, error) {
	rows := make([]*goredis.SliceCmd, len(ids))
	err := s.pipelined(ctx, "load", len(ids), func(p goredis.Pipeliner) {
		for i, id := range ids {
			rows[i] = p.HMGet(ctx, s.keys.record(id), "rev", "terms", "body")
		}
	})
	if err != nil {
		return nil, err
	}
	out := make(map[string]store.Record, len(ids))
	for i, id := range ids {
		fields := rows[i].Val()
		if fields[0] == nil {
			continue
		}
		if out[id], err = record(fields); err != nil {
			return nil, fmt.Errorf("%w: record %q: %w", store.ErrUnreadable, id, err)
		}
	}
	return out, nil
}

func record(fields []any) (r store.Record, err error) {
	var text [3]string // rev, terms, body
	for i, f := range fields {
		s, ok := f.(string)
		if !ok {
			return r, codec.ErrMalformed
		}
		text[i] = s
	}
	if r.Rev, err = strconv.ParseUint(text[0], 10, 64); err != nil {
		return r, err
	}
	r.Body = []byte(text[2])
	r.Terms, err = codec.SplitTerms(text[1])
	return r, err
}

// Find is store.Space.Find.
func (s *space) Find(ctx context.Context, terms ...string) ([]string, error) {
	if err := cmp.Or(store.CheckIDs(s.tenant), store.CheckTerms(terms...), begin(ctx, "find")); err != nil {
		return nil, err
	}
	rows := make([]*goredis.StringSliceCmd, len(terms))
	err := s.pipelined(ctx, "find", len(terms), func(p goredis.Pipeliner) {
		for i, t := range terms {
			rows[i] = p.ZRangeArgs(ctx, goredis.ZRangeArgs{
				Key: s.keys.terms(), ByLex: true, Start: "[" + codec.Entry(t, ""), Stop: "(" + codec.EntryEnd(t),
			})
		}
	})
	if err != nil {
		return nil, err
	}
	var ids []string
	for i, t := range terms {
		for _, entry := range rows[i].Val() {
			ids = append(ids, entry[len(codec.Entry(t, "")):])
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// pipelined sends n commands in one round trip.
func (s *space) pipelined(ctx context.Context, op string, n int, fn func(goredis.Pipeliner)) error {
	if n == 0 {
		return nil
	}
	_, err := s.client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		fn(p)
		return nil
	})
	return failed(ctx, op, err)
}

// Save is store.Space.Save.
func (s *space) Save(ctx context.Context, id string, r store.Record) (uint64, error) {
	r, err := store.Prepare(id, r)
	if err := cmp.Or(store.CheckIDs(s.tenant), err, begin(ctx, "save")); err != nil {
		return 0, err
	}
	return s.save(ctx, id, r, nil, nil)
}

// SaveAndDelete is store.Space.SaveAndDelete. In a cluster, the spaces may be on different nodes,
// so that it needs two steps; a single server that refuses keys of different slots is one too.
func (s *space) SaveAndDelete(ctx context.Context, id string, r store.Record, other string, ids ...string) (uint64, error) {
	r, err := store.Prepare(id, r)
	if err := cmp.Or(store.CheckIDs(s.tenant, other), store.CheckIDs(ids...), err, begin(ctx, "save")); err != nil {
		return 0, err
	}
	from := &space{Engine: s.Engine, tenant: other, keys: s.Engine.keys(other)}
	if !s.slotted.Load() && len(ids) > 0 {
		rev, err := s.save(ctx, id, r, from, ids)
		if err == nil || !strings.Contains(err.Error(), "CROSSSLOT") {
			return rev, err
		}
		s.slotted.Store(true) // nothing was done
	}
	rev, err := s.save(ctx, id, r, nil, nil)
	if err == nil {
		_ = from.Delete(ctx, ids...) // the contract: records may be left
	}
	return rev, err
}

// save saves a record, and deletes records of another space in the same script.
func (s *space) save(ctx context.Context, id string, r store.Record, from *space, ids []string) (uint64, error) {
	names := []string{s.keys.record(id), s.keys.revision(), s.keys.ids(), s.keys.terms()}
	args := []any{r.Rev, rand.Text(), id, r.Body, codec.JoinTerms(r.Terms)}
	if len(ids) > 0 {
		names = append(append(names, from.keys.ids(), from.keys.terms()), from.keys.records(ids)...)
		for _, id := range ids {
			args = append(args, id)
		}
	}
	rev, err := s.write(ctx, s.scripts.save, names, args...).Uint64()
	switch {
	case err != nil:
		return 0, failed(ctx, "save", err)
	case rev == 0:
		return 0, store.ErrConflict
	}
	return rev, nil
}

// Rewrite is store.Space.Rewrite.
func (s *space) Rewrite(ctx context.Context, id string, r store.Record) error {
	r, err := store.Prepare(id, r)
	if err := cmp.Or(store.CheckIDs(s.tenant), err, begin(ctx, "rewrite")); err != nil {
		return err
	}
	done, err := s.write(ctx, s.scripts.rewrite, []string{s.keys.record(id), s.keys.terms()},
		r.Rev, id, r.Body, codec.JoinTerms(r.Terms)).Bool()
	switch {
	case err != nil:
		return failed(ctx, "rewrite", err)
	case !done:
		return store.ErrConflict
	}
	return nil
}

// Delete is store.Space.Delete.
func (s *space) Delete(ctx context.Context, ids ...string) error {
	if err := cmp.Or(store.CheckIDs(s.tenant), store.CheckIDs(ids...), begin(ctx, "delete")); err != nil || len(ids) == 0 {
		return err
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	names := append([]string{s.keys.ids(), s.keys.terms()}, s.keys.records(ids)...)
	return failed(ctx, "delete", s.write(ctx, s.scripts.delete, names, args...).Err())
}

// Scan is store.Space.Scan.
func (s *space) Scan(ctx context.Context, after string, n int) ([]string, error) {
	if err := cmp.Or(store.CheckIDs(s.tenant), store.CheckScan(n), begin(ctx, "scan")); err != nil {
		return nil, err
	}
	start := "-"
	if after != "" {
		start = "(" + after
	}
	ids, err := s.client.ZRangeArgs(ctx, goredis.ZRangeArgs{
		Key: s.keys.ids(), ByLex: true, Start: start, Stop: "+", Count: int64(n),
	}).Result()
	return ids, failed(ctx, "scan", err)
}

// Page is store.Space.Page. It takes two round trips, because a script may touch only keys that it
// is given, and the ids are not known before.
func (s *space) Page(ctx context.Context, after string, n int) (page []store.Entry, next string, err error) {
	ids, err := s.Scan(ctx, after, n)
	if err != nil {
		return nil, "", err
	}
	records, err := s.load(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	for _, id := range ids {
		if r, there := records[id]; there { // otherwise it was deleted meanwhile
			page = append(page, store.Entry{ID: id, Record: r})
		}
	}
	if len(ids) == n {
		next = ids[n-1]
	}
	return page, next, nil
}
