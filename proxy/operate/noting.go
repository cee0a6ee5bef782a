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
	if err := n.log.Note(ctx, e); err != nil {
		return fmt.Errorf("nothing is changed, because the journal cannot be written: %w", err)
	}
	n.written = true
	return nil
}

// failTime bounds how long the journal is waited for after a failure.
const failTime = 2 * time.Second

// failed writes that the action failed, also if the caller is gone. It returns the cause.
func (n *noting) failed(ctx context.Context, cause error) error {
	if !n.written {
		return cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), failTime)
	defer cancel()
	n.entry.State, n.entry.Reason = journal.Failed, cause.Error()
	return errors.Join(cause, n.log.Note(ctx, n.entry))
}
