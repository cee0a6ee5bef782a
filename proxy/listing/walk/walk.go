package walk

import (
	"context"
	"math"
	"sync"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Walker reads pages.
type Walker struct {
	// List reads a page.
	List func(ctx context.Context, q directory.Query) (directory.Page, error)
	// Page is how many resources a page of List has at most; it is 2 or more.
	Page int
	// InFlight is how many pages may be read ahead.
	InFlight int
	// Bytes limits what is read ahead of large resources: pages that are together about as large.
	Bytes int
}

// Row is a resource of a walk.
type Row struct {
	Resource scim.Resource
	// Resume is the ResumeAfter that continues after the resource.
	Resume string
	// Rest is how many resources the directory counted after this one.
	Rest int
}

// Each calls visit for each resource of a query in the directory's own order, from q.Start after
// q.ResumeAfter on, until visit returns false. Count is how many are needed, if it is known, else
// 0. It returns the total of the first page.
func (w Walker) Each(ctx context.Context, q directory.Query, visit func(Row) (more bool, err error)) (total int, err error) {
	o := &walking{Walker: w, q: q, left: q.Count, visit: visit}
	if q.Count == 0 {
		o.left = math.MaxInt
	}
	total = -1
	for !o.done && err == nil {
		var n int
		if n, err = o.run(ctx); total < 0 {
			total = n
		}
	}
	return total, err
}

// walking is the state of a walk.
type walking struct {
	Walker
	q     directory.Query
	left  int // how many resources are still needed
	last  string
	visit func(Row) (bool, error)
	done  bool
	size  int // of the last page, in bytes
}

// run reads from q.Start after q.ResumeAfter on, until the walk is done or must begin anew after
// its last resource. It returns the total of the first page.
func (o *walking) run(ctx context.Context) (total int, err error) {
	var ahead reads
	ctx, cancel := context.WithCancel(ctx)
	defer ahead.wg.Wait()
	defer cancel()
	q := o.q
	q.Start, q.Count = max(q.Start, 1), min(o.Page, o.left)
	q.Resumed = q.Resumed || o.left > o.Page
	p, err := o.List(ctx, q)
	if err != nil {
		return 0, err
	}
	whole, err := o.page(p, q, 0)
	total = p.Total
	next := q
	next.Start += len(p.Resources) - 1
	for window := o.window(); whole && err == nil && !o.done; window *= 2 {
		for len(ahead.queue) < min(window, o.InFlight, o.affordable()) && next.Start < p.Total && o.needed(len(ahead.queue)) > 0 {
			next.Count = min(o.Page, o.needed(len(ahead.queue))+1)
			ahead.start(ctx, o.List, next)
			next.Start += next.Count - 1
		}
		if len(ahead.queue) == 0 {
			o.done = true
			break
		}
		if q, p, err = ahead.next(); err == nil {
			whole = len(p.Resources) > 0 && p.Resources[0].ID() == o.last
		}
		if whole && err == nil {
			whole, err = o.page(p, q, 1)
		}
	}
	o.q.Start = 1
	return total, err
}

// window is how many pages are read ahead at first: one if the visitor may stop at any time.
func (o *walking) window() int {
	if o.q.Count > 0 {
		return o.InFlight
	}
	return 1
}

// needed is how many resources are needed beyond those of the pages that are read ahead.
func (o *walking) needed(pages int) int { return o.left - (o.Page-1)*pages }

// affordable is how many pages of the size of the last one may be read ahead.
func (o *walking) affordable() int {
	if o.Bytes == 0 || o.size == 0 {
		return o.InFlight
	}
	return max(1, o.Bytes/o.size)
}

// page visits the resources of a page, from an index on. whole is false if the page is shorter than
// asked although the directory counted more.
func (o *walking) page(p directory.Page, q directory.Query, from int) (whole bool, err error) {
	o.size = 0
	for i, r := range p.Resources {
		if o.size += r.Size(); i < from {
			continue
		}
		o.last, o.q.ResumeAfter = r.ID(), p.Resume[i]
		o.left--
		more, err := o.visit(Row{r, p.Resume[i], max(0, p.Total-q.Start-i)})
		if o.done = !more || o.left == 0; err != nil || o.done {
			return false, err
		}
	}
	o.done = len(p.Resources) == 0 || q.Start+len(p.Resources) > p.Total
	return len(p.Resources) >= q.Count, nil
}

// reads are pages that are being read, in order.
type reads struct {
	queue []*read
	wg    sync.WaitGroup
}

type read struct {
	q     directory.Query
	ready chan struct{}
	page  directory.Page
	err   error
}

func (a *reads) start(ctx context.Context, list func(context.Context, directory.Query) (directory.Page, error), q directory.Query) {
	r := &read{q: q, ready: make(chan struct{})}
	a.queue = append(a.queue, r)
	a.wg.Go(func() {
		defer close(r.ready)
		r.page, r.err = list(ctx, q)
	})
}

func (a *reads) next() (directory.Query, directory.Page, error) {
	r := a.queue[0]
	a.queue = a.queue[1:]
	<-r.ready
	return r.q, r.page, r.err
}
