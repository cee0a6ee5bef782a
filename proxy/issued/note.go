package issued

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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
	written    []note
}

func (t *Tokens) notes(tenant, by string) *notes {
	return &notes{log: t.o.Journal(tenant), tenant: tenant, by: by}
}

// add writes the notes that were not written yet. A change that is tried again has most of them.
func (n *notes) add(ctx context.Context, all ...note) error {
	for _, one := range all {
		if slices.Contains(n.written, one) {
			continue
		}
		if err := n.write(ctx, one, ""); err != nil {
			return fmt.Errorf("nothing is changed, because the journal cannot be written: %w", err)
		}
		n.written = append(n.written, one)
	}
	return nil
}

// failTime bounds how long the journal is waited for after a failure.
const failTime = 2 * time.Second

// failed writes that what was noted did not happen, also if the caller is gone.
func (n *notes) failed(ctx context.Context, cause error) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), failTime)
	defer cancel()
	for _, one := range n.written {
		one.why = cause.Error()
		err = errors.Join(err, n.write(ctx, one, journal.Failed))
	}
	return err
}

func (n *notes) write(ctx context.Context, one note, state journal.State) error {
	who := journal.Who{Tenant: n.tenant, Operator: n.by}
	return n.log.Note(ctx, journal.Entry{Who: who, Verb: string(one.did), Name: one.id, Reason: one.why, State: state})
}
