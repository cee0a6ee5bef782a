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
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
)

// clockSkew is how far Keycloak's clock may be behind ours when a resource must be newer than a
// pending record.
const clockSkew = 2 * time.Minute

// pendingID returns the id of the pending record of a create: a hash of its name, caller and
// content, because they may be longer than an id. Only the same caller's retry of the same create
// finds it.
func (d *Directory) pendingID(t scim.ResourceType, r scim.Resource) string {
	name := strings.ToLower(document.Text(r.Get(scim.Identifying(t))))
	h := sha256.New()
	for _, part := range []string{name, d.caller, document.Canonical(r.String())} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return string(t) + "." + hex.EncodeToString(h.Sum(nil)[:16])
}

// Create creates the resource in Keycloak and keeps the rest. A retry of the caller finishes a
// create that crashed at any point. Everything to be kept is saved before Keycloak is called, so a
// record that the store refuses leaves nothing to undo.
func (d *Directory) Create(ctx context.Context, t scim.ResourceType, requested scim.Resource) (scim.Resource, error) {
	requested = requested.Assigned()
	intended := d.intended(t, requested)
	if err := d.check(t, intended.Size(), requested); err != nil {
		return scim.Resource{}, err
	}
	id := d.pendingID(t, requested)
	offered := offer(d.Capabilities(), t, document.Must("{}"), requested, nil)
	earlier, err := d.begin(ctx, id, intended, d.announced(t, requested))
	if err != nil {
		return scim.Resource{}, err
	}
	shown, err := d.Directory.Create(ctx, t, offered)
	adopted := false
	if scim.Refused(err) {
		shown, err = d.adopt(ctx, t, requested, earlier, err)
		if adopted = err == nil; adopted {
			directory.OutcomeOf(ctx).Adopt()
		}
	}
	if err != nil {
		d.refusedAsTaken(ctx, t, offered, err)
		return scim.Resource{}, d.abandon(ctx, id, earlier, err)
	}
	answer, err := d.keep(ctx, id, t, requested, shown)
	if err != nil && !adopted && !errors.Is(err, store.ErrConflict) { // on a conflict, the resource belongs to the other writer
		err = d.unmake(ctx, id, scim.Ref{Type: t, ID: shown.ID()}, err)
	}
	if err != nil {
		return scim.Resource{}, err
	}
	return answer, nil
}

// begin saves the pending record. If an earlier try of the same create left one, begin replaces it
// and returns its mark. Nearly all creates are new, so it is loaded only if it is in the way.
func (d *Directory) begin(ctx context.Context, id string, intended record.Record, terms []string) (earlier *record.Pending, err error) {
	intended.Pending = &record.Pending{Type: intended.Type, Begun: d.now()}
	err = d.pending.save(ctx, id, store.Record{Terms: terms}, intended)
	if !errors.Is(err, store.ErrConflict) {
		return nil, err
	}
	left, stored, err := d.pending.load(ctx, id)
	if err != nil {
		return nil, err
	}
	if left.Pending != nil {
		intended.Pending = left.Pending
	}
	return left.Pending, d.pending.save(ctx, id, store.Record{Rev: stored.Rev, Terms: terms}, intended)
}

// keep saves the record of a new resource and deletes the pending record in one step. If the store
// saves the record and leaves the pending one, adopt ignores that: the resource has a record.
func (d *Directory) keep(ctx context.Context, pending string, t scim.ResourceType, requested, shown scim.Resource) (scim.Resource, error) {
	overrides, err := difference(d.Capabilities(), t, withDefaults(d.Capabilities(), t, requested, shown), shown)
	if err != nil {
		return scim.Resource{}, err
	}
	rec := record.Record{Type: t, Overrides: overrides}
	answer := rec.Merge(t, shown, directory.Fields{})
	stored, err := stored(rec, store.Record{Terms: terms(t, answer, shown)})
	if err == nil {
		_, err = d.records.SaveAndDelete(ctx, shown.ID(), stored, d.pending.Name(), pending)
	}
	if err != nil {
		return scim.Resource{}, StoreError(err)
	}
	return answer, nil
}

// unmake deletes a resource whose record could not be saved, so that a failed create leaves nothing
// behind. If that fails too, the pending record stays, and the caller's retry finishes the create.
func (d *Directory) unmake(ctx context.Context, id string, ref scim.Ref, cause error) error {
	ctx = context.WithoutCancel(ctx)
	if err := d.Directory.Delete(ctx, ref); err != nil && !scim.IsGone(err) {
		return scim.Left(cause, err)
	}
	_ = d.pending.Delete(ctx, id) // a retry replaces it
	return cause
}

// abandon deletes the pending record of a create that failed. If Keycloak may have created the
// resource, in this try or in an earlier one that a retry could not check, the record stays for the
// next retry.
func (d *Directory) abandon(ctx context.Context, id string, earlier *record.Pending, cause error) error {
	if !directory.OutcomeOf(ctx).InDoubt() && (earlier == nil || scim.Status(cause) < 500) {
		_ = d.pending.Delete(ctx, id) // a leftover expires after PendingLife
	}
	return cause
}

// adopt finishes an earlier create that made the resource but was not answered. If the resource is
// not proven to be from that create, adopt returns refused.
func (d *Directory) adopt(ctx context.Context, t scim.ResourceType, requested scim.Resource, begun *record.Pending, refused error) (scim.Resource, error) {
	if begun == nil || d.now().Sub(begun.Begun) >= PendingLife || scim.Status(refused) != 409 {
		return scim.Resource{}, refused
	}
	name := document.Text(requested.Get(scim.Identifying(t)))
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
	if _, err := difference(d.Capabilities(), t, withDefaults(d.Capabilities(), t, requested, found), found); owned || err != nil {
		return scim.Resource{}, refused
	}
	if d.complete != nil {
		err = d.complete(ctx, scim.Ref{Type: t, ID: found.ID()})
	}
	return found, err
}

// withDefaults adds the values that the directory sets in a new resource by itself, such as active.
// Values that it makes from others (ServerMade) are not among them: they change with the others.
func withDefaults(a directory.Capabilities, t scim.ResourceType, requested, shown scim.Resource) scim.Resource {
	for _, path := range paths(shown, scim.Resource{}) {
		if requested.Get(path) == "" && a.Placement(t, path) != directory.ServerMade {
			requested = requested.Set(path, shown.Get(path))
		}
	}
	return requested
}
