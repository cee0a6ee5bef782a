package events

import (
	"cmp"
	"context"
	"regexp"
	"slices"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/events/outbox"
	"keycloak-scim-proxy/proxy/journal"
)

// answers is the answer to a poll (RFC 8936 section 2.4).
type answers struct {
	Sets map[string]string `json:"sets"`
	More bool              `json:"moreAvailable,omitempty"`
}

// acksAtOnce is how many acknowledgements are saved at the same time.
const acksAtOnce = 8

// answer saves what the receiver acknowledges and refuses, and returns the next events. Those that
// it was given before and has not acknowledged are returned again.
func (e *Events) answer(ctx context.Context, r *receiver, q question) (answers, error) {
	if err := e.settle(ctx, r, q); err != nil {
		return answers{}, err
	}
	most := maxSets
	if q.MaxEvents != nil {
		most = min(most, *q.MaxEvents)
	}
	if most == 0 { // acknowledgements only
		return answers{Sets: map[string]string{}}, nil
	}
	wait := !q.ReturnImmediately && r.polls.Add(1) <= maxPolls
	if !q.ReturnImmediately {
		defer r.polls.Add(-1)
	}
	for until := e.now().Add(maxWait); ; {
		logs := e.known()
		a, err := e.collect(ctx, logs, r, most)
		if err != nil || len(a.Sets) > 0 || !wait || !e.await(ctx, r, until, pollEvery(len(logs))) {
			return a, err
		}
	}
}

// settle saves which events the receiver has got, and which it will never take.
func (e *Events) settle(ctx context.Context, r *receiver, q question) error {
	logs := e.known()
	var work errgroup.Group
	work.SetLimit(acksAtOnce)
	for _, id := range q.Ack {
		work.Go(func() error {
			l, entry := outbox.Resolve(logs, id, r.Name)
			if l == nil {
				return nil
			}
			_, err := l.Delivered(ctx, entry, r.Name)
			return err
		})
	}
	for id, why := range q.SetErrs {
		work.Go(func() error {
			l, entry := outbox.Resolve(logs, id, r.Name)
			if l == nil {
				return nil
			}
			of, there, err := l.Entry(ctx, entry)
			if err != nil || !there {
				return err
			}
			return e.bury(ctx, l, r, of, "the receiver refused it: "+plain(why.Err, maxCode)+": "+plain(why.Description, maxSaid))
		})
	}
	return work.Wait()
}

// Bounds of what a receiver says of an event.
const (
	maxCode = 40
	maxSaid = 200
)

var unprintable = regexp.MustCompile(`[^ -~]`)

// plain is a text of a receiver for a log and a terminal.
func plain(s string, most int) string {
	s = unprintable.ReplaceAllString(s, "?")
	return s[:min(len(s), most)]
}

// waiting is an entry in the outbox of a space.
type waiting struct {
	space string
	journal.Entry
}

// collect returns the oldest events of a receiver as signed tokens.
func (e *Events) collect(ctx context.Context, logs []*journal.Log, r *receiver, most int) (answers, error) {
	var all []waiting
	count := 0
	for _, l := range logs {
		some, n, err := l.Pending(ctx, r.Name, most)
		if err != nil {
			return answers{}, err
		}
		count += n
		for _, one := range some {
			if !r.takes(one.Tenant) { // the configuration was changed
				count--
				if err := e.bury(ctx, l, r, one, gone); err != nil {
					return answers{}, err
				}
				continue
			}
			all = append(all, waiting{l.Name(), one})
		}
	}
	slices.SortFunc(all, func(a, b waiting) int { return cmp.Compare(a.ID, b.ID) })
	all = all[:min(most, len(all))]
	a := answers{Sets: make(map[string]string, len(all)), More: count > len(all)}
	for _, one := range all {
		set, err := e.sign(one.space, r, one.Entry)
		if err != nil {
			return answers{}, err
		}
		a.Sets[outbox.ID(one.space, one.ID, r.Name)] = set
	}
	return a, nil
}
