package issued

import (
	"context"
	"fmt"
	"slices"

	"keycloak-scim-proxy/proxy/journal"
)

// note is what the journal says about one token.
type note struct {
	did     journal.Action
	id, why string
}

// notes are those of one change.
type notes struct {
	log        *journal.Log
	tenant, by string
	written    []written
}

// written is a note with its entry in the journal.
type written struct {
	note
	entry journal.Entry
}

func (t *Tokens) notes(tenant, by string) *notes {
	return &notes{log: t.o.Journal(tenant), tenant: tenant, by: by}
}

// add writes the notes that were not written yet, as actions that are begun. A change that is tried
// again has most of them.
func (n *notes) add(ctx context.Context, all ...note) error {
	for _, one := range all {
		if slices.ContainsFunc(n.written, func(w written) bool { return w.note == one }) {
			continue
		}
		e := journal.Entry{Who: journal.Who{Tenant: n.tenant, Operator: n.by}, Verb: string(one.did), Name: one.id, Reason: one.why, State: journal.Open}
		if err := n.log.Note(ctx, &e); err != nil {
			return fmt.Errorf("nothing is changed, because the journal cannot be written: %w", err)
		}
		n.written = append(n.written, written{one, e})
	}
	return nil
}

// end writes what became of what was noted, until the journal fails once: it says later that the
// outcome of the others is not known. A nil cause is success.
func (n *notes) end(ctx context.Context, cause error) (err error) {
	failed := ""
	if cause != nil {
		failed = cause.Error()
	}
	for i := 0; i < len(n.written) && err == nil; i++ {
		err = n.log.Conclude(ctx, &n.written[i].entry, failed)
	}
	return err
}
