package operate

import (
	"context"
	"errors"
	"fmt"
	"time"

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

// endTime bounds how long the journal is waited for at the end.
const endTime = 2 * time.Second

// end writes what became of the action, also if the caller is gone, and returns the cause: nil is
// success. If the journal cannot be written, it says later that the outcome is not known.
func (n *noting) end(ctx context.Context, cause error) error {
	if !n.written {
		return cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	if n.entry.State = journal.Done; cause != nil {
		n.entry.State, n.entry.Reason = journal.Failed, cause.Error()
	}
	ended := n.log.Note(ctx, &n.entry)
	if cause == nil {
		return nil
	}
	return errors.Join(cause, ended)
}
