package leaver

import (
	"context"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
)

// mostDeleted is how many users one Sweep deletes. The next one goes on.
const mostDeleted = 1000

// Sweep deletes the users that were parked longer ago than the grace time, and returns how many it
// has deleted. It deletes a user only after a second look. It may run in several processes at once:
// a user that another one has deleted is not an error.
func (d *Directory) Sweep(ctx context.Context) (deleted int, err error) {
	if d.options.Mode != Park {
		return 0, nil
	}
	ids, err := d.overdue(ctx)
	for _, id := range ids {
		if err != nil {
			break
		}
		ref := scim.Ref{Type: scim.User, ID: id}
		shown, seen := d.Directory.Get(ctx, ref, directory.Fields{Only: []string{userName.Key(), active.Key(), emails.Key()}})
		if scim.Status(seen) == 404 || seen == nil && !d.isOverdue(shown) {
			continue
		}
		if err = seen; err == nil {
			err = d.Directory.Delete(ctx, ref)
		}
		switch {
		case err == nil:
			deleted++
		case scim.Status(err) == 404:
			err = nil
		}
	}
	return deleted, err
}

// overdue returns the ids of users whose grace time is over, at most mostDeleted.
func (d *Directory) overdue(ctx context.Context) (ids []string, err error) {
	q := directory.Query{Type: scim.User, Filter: leavers, Start: 1, Count: profile.PageLimit, Resumed: true, Fields: directory.Fields{Only: []string{userName.Key(), active.Key(), emails.Key()}}}
	for {
		p, err := d.Directory.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, one := range p.Resources {
			if d.isOverdue(one) && len(ids) < mostDeleted {
				ids = append(ids, one.ID())
			}
		}
		if len(p.Resources) == 0 || len(p.Resources) >= p.Total || len(ids) == mostDeleted {
			return ids, nil
		}
		q.ResumeAfter = p.Resume[len(p.Resume)-1]
	}
}

func (d *Directory) isOverdue(shown scim.Resource) bool {
	day, was := parkedOn(shown)
	return was && d.options.Now().Sub(day) >= d.options.Grace+24*time.Hour // the day may have ended with the DELETE
}

// Pass is a sweep of one tenant.
type Pass struct {
	// Lock excludes other processes. It waits until its context ends.
	Lock func(ctx context.Context) (unlock func(), err error)
	// Sweep deletes what is due.
	Sweep func(ctx context.Context) (deleted int, err error)
	// Done is called if users were deleted or the sweep failed.
	Done func(deleted int, err error)
}

const (
	// every is the time between two sweeps of a process.
	every = time.Hour
	// patience is how long a sweep waits for another process, and deadline how long it may take.
	patience, deadline = time.Second, 10 * time.Minute
)

// Keep sweeps once an hour until the context ends. A tenant that another process is sweeping is
// left to it.
func Keep(ctx context.Context, passes func() []Pass) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		for _, p := range passes() {
			p.run(ctx)
		}
	}
}

func (p Pass) run(ctx context.Context) {
	waiting, stop := context.WithTimeout(ctx, patience)
	unlock, err := p.Lock(waiting)
	stop()
	if err != nil {
		return
	}
	defer unlock()
	ctx, done := context.WithTimeout(ctx, deadline)
	defer done()
	if n, err := p.Sweep(ctx); n > 0 || err != nil {
		p.Done(n, err)
	}
}
