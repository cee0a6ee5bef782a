package membership

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// One native operation with 3,000 members takes 29 s, because the cost grows faster than the
// number; chunks of 50, four at a time, take 0.35 s for 1,000 (measured). Keycloak applies a PATCH
// whole or not at all, except if identical ones run concurrently: then both fail and some members
// stay.
const (
	chunkSize    = 50
	chunkWorkers = 4
)

// chunk is one native PATCH of members.
type chunk struct {
	add bool
	ids []string
}

// Group is how Keycloak is asked about one group.
type Group struct {
	// Read reads the ids of all members.
	Read func(ctx context.Context) ([]string, error)
	// Patch sends one native PATCH.
	Patch func(ctx context.Context, ops []profile.Op) error
}

// Change changes the membership.
//
// It sends a change of one chunk without reading the group. Otherwise it reads the members first,
// so that it sends only the difference and can undo it. After a failure, unless Keycloak refused a
// single chunk, it reads the members again and sends the rest, one chunk after the other. If that
// fails too, it restores the members; if it cannot, the error names the ids.
func (g Group) Change(ctx context.Context, m directory.MemberChange) error {
	see, wanted := directory.SeenMembers(ctx)
	single := !wanted && !m.Replace && len(m.Add)+len(m.Remove) <= chunkSize && (len(m.Add) == 0 || len(m.Remove) == 0)
	var before []string
	if !single {
		var err error
		if before, err = g.Read(ctx); err != nil {
			return err
		}
		m = m.On(before)
	}
	if wanted {
		if err := see(before); err != nil {
			return err
		}
	}
	err := g.send(ctx, m, chunkWorkers)
	if err == nil {
		return nil
	}
	if single && scim.Refused(err) && refusal(err) && len(m.Remove) > 0 { // one of them is gone: what is left is removed
		return g.removePresent(ctx, m, err)
	}
	if single && refusal(err) {
		return err
	}
	return g.recover(ctx, m, before, err)
}

// removePresent removes those who are members now, after Keycloak refused to remove one who is not.
func (g Group) removePresent(ctx context.Context, m directory.MemberChange, refused error) error {
	now, err := g.Read(ctx)
	if err != nil {
		return err
	}
	left := m.On(now)
	switch {
	case left.Empty():
		return nil
	case len(left.Remove) == len(m.Remove):
		return refused // all of them are members: Keycloak refused something else
	}
	return g.send(ctx, left, 1)
}

// recover completes a failed change, or undoes it. It ignores the caller's cancellation (each call
// keeps its own timeout), so that no half-applied change is left.
func (g Group) recover(ctx context.Context, m directory.MemberChange, before []string, cause error) error {
	ctx = context.WithoutCancel(ctx)
	now, err := g.Read(ctx)
	if err != nil {
		return unfinished(errors.Join(cause, err), m)
	}
	if !refusal(cause) {
		err = g.send(ctx, m.On(now), 1)
		if err == nil {
			return nil
		}
		cause = err
		if now, err = g.Read(ctx); err != nil {
			return unfinished(errors.Join(cause, err), m)
		}
	}
	if before == nil { // one chunk: it was applied whole or not at all, or a concurrent one was identical
		return cause
	}
	if err := g.send(ctx, directory.MemberChange{Replace: true, Add: before}.On(now), 1); err != nil {
		return unfinished(errors.Join(cause, err), m)
	}
	return cause
}

// refusal reports whether Keycloak refused the request itself or the account, so that a retry is
// useless.
func refusal(err error) bool {
	_, broken := fault.In(err)
	return broken || scim.Refused(err) && scim.Status(err) != http.StatusConflict
}

func unfinished(cause error, m directory.MemberChange) error {
	ids := slices.Concat(m.Add, m.Remove)
	shown := ids[:min(len(ids), 20)]
	concerns := fmt.Sprintf("It has %d members: %s", len(ids), strings.Join(shown, ", "))
	if f, broken := fault.In(cause); broken {
		return &scim.Error{Status: 500, Cause: cause, Remains: true, Detail: "the membership change is incomplete. " + scim.AsError(f.Answer()).Detail + " " + concerns}
	}
	return &scim.Error{Status: 503, RetryAfter: 5, Cause: cause, Remains: true, Detail: "the membership change is incomplete; send it again. " + concerns}
}

// send adds before it removes, so that users who stay are members at any time. After a failure it
// starts no more chunks but waits for running ones: Keycloak could apply an aborted request later,
// at the same time as the next one.
func (g Group) send(ctx context.Context, m directory.MemberChange, workers int) error {
	for _, part := range []chunk{{true, m.Add}, {false, m.Remove}} {
		var work errgroup.Group
		var failed atomic.Bool
		work.SetLimit(workers)
		for ids := range slices.Chunk(part.ids, chunkSize) {
			work.Go(func() error {
				if failed.Load() {
					return nil
				}
				err := g.sendChunk(ctx, chunk{part.add, ids})
				if err != nil {
					failed.Store(true)
				}
				return err
			})
		}
		if err := work.Wait(); err != nil {
			return err
		}
	}
	return nil
}

func (g Group) sendChunk(ctx context.Context, c chunk) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var ops []profile.Op
	if c.add {
		var values []string
		for _, id := range c.ids {
			values = append(values, `{"value":`+document.Quote(id)+`}`)
		}
		ops = []profile.Op{{Op: "add", Path: "members", Value: json.RawMessage(document.Array(values))}}
	} else {
		// One operation per id, because a filter is limited to 2,048 characters.
		for _, id := range c.ids {
			ops = append(ops, profile.Op{Op: "remove", Path: "members[value eq " + document.Quote(id) + "]"})
		}
	}
	return g.Patch(context.WithoutCancel(ctx), ops)
}
