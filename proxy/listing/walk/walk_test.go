package walk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/listing/walk"
	"keycloak-scim-proxy/proxy/scim/document"
)

// names is a directory of names in order. Before each page it changes itself.
type names struct {
	mu     sync.Mutex
	all    []string
	change func(all []string) []string
	calls  atomic.Int64
	most   int
}

func (n *names) list(_ context.Context, q directory.Query) (directory.Page, error) {
	n.calls.Add(1)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.change != nil {
		n.all = n.change(n.all)
	}
	found := n.all
	if q.ResumeAfter != "" {
		i, there := slices.BinarySearch(found, q.ResumeAfter)
		if there {
			i++
		}
		found = found[i:]
	}
	from := min(q.Start-1, len(found))
	p := directory.Page{Total: len(found), Start: q.Start}
	for _, name := range found[from:min(from+min(q.Count, n.most), len(found))] {
		p.Resources = append(p.Resources, document.Must(fmt.Sprintf(`{"id":%q}`, name)))
		p.Resume = append(p.Resume, name)
	}
	return p, nil
}

func numbered(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("n%05d", i))
	}
	return all
}

// A walk sees each resource that is there all the time once and in order, however others come and
// go, and whether pages are short or not.
func TestEachSeesWhatStays(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		stays := map[string]bool{}
		all := numbered(1 + rng.IntN(200))
		for _, name := range all {
			stays[name] = true
		}
		d := &names{all: all, most: 10}
		d.change = func(all []string) []string {
			if rng.IntN(6) == 0 {
				d.most = 3 + rng.IntN(8) // some directories return less than a page
			}
			for rng.IntN(3) > 0 && len(all) > 0 {
				i := rng.IntN(len(all))
				if rng.IntN(2) == 0 {
					delete(stays, all[i])
					all = slices.Delete(slices.Clone(all), i, i+1)
				} else {
					all = slices.Insert(slices.Clone(all), i, all[i]+"a")
					slices.Sort(all)
					all = slices.Compact(all)
				}
			}
			return all
		}
		w := walk.Walker{List: d.list, Page: 10, InFlight: 1 + rng.IntN(4)}
		var seen []string
		if _, err := w.Each(t.Context(), directory.Query{}, func(r walk.Row) (bool, error) {
			seen = append(seen, r.Resource.ID())
			return true, nil
		}); err != nil {
			t.Fatal(err)
		}
		if !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != len(seen) {
			t.Fatalf("seed %d: %v", seed, seen)
		}
		for name := range stays {
			if !slices.Contains(seen, name) {
				t.Fatalf("seed %d: %s was not seen", seed, name)
			}
		}
	}
}

// A walk reads no page twice, no page that is certainly not needed, and stops with its visitor.
func TestEachCounts(t *testing.T) {
	for name, c := range map[string]struct {
		there, start, count, stop int
		after                     string
		seen                      string
		calls                     int64
		total, rest               int
	}{
		"nothing":              {0, 1, 0, 0, "", "", 1, 0, 0},
		"one page":             {10, 1, 0, 0, "", "n00000-n00009", 1, 10, 0},
		"two pages":            {11, 1, 0, 0, "", "n00000-n00010", 2, 11, 0},
		"many":                 {100, 1, 0, 0, "", "n00000-n00099", 11, 100, 0},
		"from an index":        {100, 51, 0, 0, "", "n00050-n00099", 6, 100, 0},
		"behind a position":    {100, 1, 0, 0, "n00049", "n00050-n00099", 6, 50, 0},
		"an index behind it":   {100, 11, 0, 0, "n00049", "n00060-n00099", 5, 50, 0},
		"as many as needed":    {100, 1, 20, 0, "", "n00000-n00019", 3, 100, 80},
		"exactly a page":       {100, 1, 10, 0, "", "n00000-n00009", 1, 100, 90},
		"the visitor stops":    {100, 1, 0, 5, "", "n00000-n00004", 1, 100, 95},
		"behind the end":       {100, 200, 0, 0, "", "", 1, 100, 0},
		"fewer than asked for": {5, 1, 20, 0, "", "n00000-n00004", 1, 5, 0},
	} {
		d := &names{all: numbered(c.there), most: 10}
		var seen []string
		rest := 0
		total, err := walk.Walker{List: d.list, Page: 10, InFlight: 4}.Each(t.Context(), directory.Query{Start: c.start, Count: c.count, ResumeAfter: c.after}, func(r walk.Row) (bool, error) {
			seen, rest = append(seen, r.Resource.ID()), r.Rest
			return len(seen) != c.stop, nil
		})
		got := ""
		if len(seen) > 0 {
			got = seen[0] + "-" + seen[len(seen)-1]
		}
		if err != nil || got != c.seen || d.calls.Load() != c.calls || total != c.total || rest != c.rest {
			t.Errorf("%s: %v, %q in %d calls, total %d, rest %d", name, err, got, d.calls.Load(), total, rest)
		}
	}
}

// Errors of a page and of the visitor end the walk, and it leaves no read behind.
func TestEachEnds(t *testing.T) {
	broken := errors.New("broken")
	d := &names{all: numbered(100), most: 10}
	var running atomic.Int64
	list := func(ctx context.Context, q directory.Query) (directory.Page, error) {
		running.Add(1)
		defer running.Add(-1)
		if q.Start > 1 {
			<-ctx.Done() // it is read ahead until the walk ends
			return directory.Page{}, ctx.Err()
		}
		return d.list(ctx, q)
	}
	w := walk.Walker{List: list, Page: 10, InFlight: 4}
	if _, err := w.Each(t.Context(), directory.Query{Count: 50}, func(walk.Row) (bool, error) { return false, nil }); err != nil || running.Load() != 0 {
		t.Errorf("stopped: %v, %d reads left", err, running.Load())
	}
	if _, err := w.Each(t.Context(), directory.Query{Count: 50}, func(walk.Row) (bool, error) { return true, broken }); !errors.Is(err, broken) || running.Load() != 0 {
		t.Errorf("visitor failed: %v, %d reads left", err, running.Load())
	}
	w.List = func(ctx context.Context, q directory.Query) (directory.Page, error) {
		if q.Start > 20 {
			return directory.Page{}, broken
		}
		return d.list(ctx, q)
	}
	n := 0
	if _, err := w.Each(t.Context(), directory.Query{}, func(walk.Row) (bool, error) { n++; return true, nil }); !errors.Is(err, broken) || n > 28 {
		t.Errorf("a page failed: %v after %d", err, n)
	}
}

// Of large resources, no more is read ahead than the budget allows.
func TestEachReadsLargeResourcesOneByOne(t *testing.T) {
	d := &names{all: numbered(100), most: 10}
	var now, peak atomic.Int64
	list := func(ctx context.Context, q directory.Query) (directory.Page, error) {
		peak.Store(max(peak.Load(), now.Add(1)))
		defer now.Add(-1)
		p, err := d.list(ctx, q)
		for i, r := range p.Resources {
			p.Resources[i] = r.With("title", document.Quote(strings.Repeat("x", 1000)))
		}
		return p, err
	}
	var n int
	_, err := walk.Walker{List: list, Page: 10, InFlight: 8, Bytes: 5000}.Each(t.Context(), directory.Query{Count: 100}, func(walk.Row) (bool, error) { n++; return true, nil })
	if err != nil || n != 100 || peak.Load() > 1 {
		t.Errorf("%v, %d resources, %d pages at a time", err, n, peak.Load())
	}
}
