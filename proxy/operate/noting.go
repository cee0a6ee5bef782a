package operate

import (
	"context"
	"errors"
	"fmt"

	"keycloak-scim-proxy/proxy/journal"
)

// noting writes what an operator does to the journal before it is done, so that what is refused
// leaves nothing behind.
type noting struct {
	log     *journal.Log
	entry   journal.Entry
	written bool
}

func (n *noting) begin(ctx context.Context, e journal.Entry) error {
	n.entry = e
	n.entry.State = journal.Open
	if err := n.log.Note(ctx, &n.entry); err != nil {
		return fmt.Errorf("nothing is changed, because the journal cannot be written: %w", err)
	}
	n.written = true
	return nil
}

// end writes what became of the action, and returns the cause: nil is success. If the journal
// cannot be written, it says later that the outcome is not known.
func (n *noting) end(ctx context.Context, cause error) error {
	switch {
	case !n.written:
		return cause
	case cause != nil:
		return errors.Join(cause, n.log.Conclude(ctx, &n.entry, cause.Error()))
	}
	_ = n.log.Conclude(ctx, &n.entry, "") // the change is made
	return nil
}
