package overlay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
)

// pending marks a create that was begun. The room above holds a lock on the name while one is under way, so a pending record that is
// found was left behind by a process that died or a store that went away.
type pending struct {
	Type  scim.ResourceType `json:"type"`
	Begun time.Time         `json:"begun"`
}

// clockSkew is how far Keycloak's clock may be behind ours when a resource is judged to be made since a pending record was.
const clockSkew = 2 * time.Minute

// pendingID names the pending record of a create by its type, name, caller and content: only the same caller's retry of the same create
// finishes it. They are hashed, because they may be longer than an id.
func (d *Directory) pendingID(t scim.ResourceType, r scim.Resource) string {
	name := strings.ToLower(document.Text(r.Get(scim.Identifying(t))))
	h := sha256.New()
	for _, part := range []string{name, d.caller, document.Canonical(r.String())} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return string(t) + "." + hex.EncodeToString(h.Sum(nil)[:16])
}

// Create makes the resource in Keycloak and keeps the rest, so that a crash at any point is mended by the caller's retry. All that will be kept
// is saved before Keycloak is asked: what the store cannot take is refused while there is nothing to undo.
func (d *Directory) Create(ctx context.Context, t scim.ResourceType, asked scim.Resource) (scim.Resource, error) {
	asked = asked.Assigned()
	intended := d.intended(t, asked)
	if err := d.check(t, intended.size(), asked); err != nil {
		return scim.Resource{}, err
	}
	id := d.pendingID(t, asked)
	left, rec, err := d.pending.load(ctx, id)
	if err != nil {
		return scim.Resource{}, err
	}
	intended.Pending = &pending{t, d.now()}
	if left.Pending != nil {
		intended.Pending = left.Pending
	}
	if err := d.pending.save(ctx, id, store.Record{Rev: rec.Rev}, intended); err != nil {
		return scim.Resource{}, err
	}
	shown, err := d.Directory.Create(ctx, t, offer(d.Capabilities(), t, document.Must("{}"), asked))
	adopted := false
	if scim.Refused(err) {
		shown, err = d.adopt(ctx, t, asked, left.Pending, err)
		if adopted = err == nil; adopted {
			directory.OutcomeOf(ctx).Adopt()
		}
	}
	if err != nil {
		return scim.Resource{}, d.abandon(ctx, id, left.Pending, err)
	}
	answer, err := d.keep(ctx, t, asked, shown)
	if err != nil && !adopted && !errors.Is(err, store.ErrConflict) { // whoever saved a record meanwhile owns the resource
		err = d.unmake(ctx, id, scim.Ref{Type: t, ID: shown.ID()}, err)
	}
	if err != nil {
		return scim.Resource{}, err
	}
	_ = d.pending.Delete(ctx, id) // what is left means nothing once the resource has a record: see adopt
	return answer, nil
}

// keep saves the record of a new resource.
func (d *Directory) keep(ctx context.Context, t scim.ResourceType, asked, shown scim.Resource) (scim.Resource, error) {
	pairs, err := difference(d.Capabilities(), t, withDefaults(asked, shown), shown)
	if err != nil {
		return scim.Resource{}, err
	}
	rem := remainder{Type: t, Overrides: pairs}
	answer := rem.merge(t, shown, directory.Fields{})
	return answer, d.records.save(ctx, shown.ID(), store.Record{Terms: terms(t, answer)}, rem)
}

// unmake deletes a resource whose record could not be saved, so that a refused create leaves nothing behind. If that fails, the pending record
// stays and the caller's retry finishes the create.
func (d *Directory) unmake(ctx context.Context, id string, ref scim.Ref, cause error) error {
	ctx = context.WithoutCancel(ctx)
	if err := d.Directory.Delete(ctx, ref); err != nil && !scim.IsGone(err) {
		return scim.Left(cause, err)
	}
	_ = d.pending.Delete(ctx, id) // a retry replaces it
	return cause
}

// abandon drops the pending record of a create that failed. If Keycloak may have made the resource, now or at an earlier try that could not be
// finished for want of an answer, the record stays for the retry.
func (d *Directory) abandon(ctx context.Context, id string, earlier *pending, cause error) error {
	if !directory.OutcomeOf(ctx).InDoubt() && (earlier == nil || scim.Status(cause) < 500) {
		_ = d.pending.Delete(ctx, id) // one that stays means nothing for longer than PendingLife
	}
	return cause
}

// adopt finishes a create that was begun before and found its resource made.
func (d *Directory) adopt(ctx context.Context, t scim.ResourceType, asked scim.Resource, begun *pending, refused error) (scim.Resource, error) {
	if begun == nil || d.now().Sub(begun.Begun) >= PendingLife || scim.Status(refused) != 409 {
		return scim.Resource{}, refused
	}
	name := document.Text(asked.Get(scim.Identifying(t)))
	page, err := d.Directory.List(ctx, directory.Query{Type: t, Filter: scim.Equal(scim.Identifying(t), name), Start: 1, Count: 2})
	if err != nil {
		return scim.Resource{}, err
	}
	if len(page.Resources) != 1 {
		return scim.Resource{}, refused
	}
	found := page.Resources[0]
	made, err := time.Parse(time.RFC3339, document.Text(found.Get(scim.AttrPath{Name: "meta", Sub: "created"})))
	if err != nil || made.Before(begun.Begun.Add(-clockSkew)) {
		return scim.Resource{}, refused
	}
	recs, err := d.records.Load(ctx, found.ID())
	if err != nil {
		return scim.Resource{}, StoreError(err)
	}
	_, owned := recs[found.ID()]
	if _, err := difference(d.Capabilities(), t, withDefaults(asked, found), found); owned || err != nil {
		return scim.Resource{}, refused
	}
	return found, nil
}

// withDefaults adds what a directory shows of itself in a new resource and nobody asked for, such as active.
func withDefaults(asked, shown scim.Resource) scim.Resource {
	for _, path := range paths(shown, scim.Resource{}) {
		if asked.Get(path) == "" {
			asked = asked.Set(path, shown.Get(path))
		}
	}
	return asked
}
