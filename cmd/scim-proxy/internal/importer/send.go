package importer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/importer/journal"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
	"keycloak-scim-proxy/proxy/scim/document"
)

// send sends rows once and settles those that the server answered. It returns the others as open:
// the server may have created their users, which the next send finds out. Pause is how long the
// server asks to wait before that, or 0.
func (x *importing) send(ctx context.Context, rows []row) (open []row, pause time.Duration, err error) {
	results, err := x.client.bulk(ctx, rows)
	e, answered := errors.AsType[*scimclient.Error](err)
	switch {
	case ctx.Err() != nil:
		return nil, 0, ctx.Err()
	case answered && !e.Transient():
		return nil, 0, err
	case answered:
		x.openReason = err.Error()
		return rows, e.RetryAfter, nil
	case err != nil:
		x.openReason = err.Error()
		return rows, 0, nil //nolint:nilerr // the rows stay open
	}
	var outcomes []journal.Outcome
	for _, r := range rows {
		e, answered := results[bulkID(r)]
		if !answered {
			x.openReason = "the answer to POST /Bulk has no result for them"
			open = append(open, r)
			continue
		}
		o, known, err := x.outcome(ctx, r, e)
		switch {
		case err != nil:
			return nil, 0, err
		case known:
			outcomes = append(outcomes, o)
		default:
			open = append(open, r)
		}
	}
	return open, 0, x.journal.Settle(outcomes...)
}

// outcome derives a row's outcome from the error in its result (nil if the user was created).
// Known is false if a retry may give another result. A row whose user exists already, exactly as
// the row describes, is done: an earlier request created that user, and its answer was lost.
func (x *importing) outcome(ctx context.Context, r row, e *scimclient.Error) (o journal.Outcome, known bool, err error) {
	o.Row = r.number
	switch {
	case e == nil:
		return o, true, nil
	case e.Transient() && e.Status != http.StatusInternalServerError: // a row that causes a 500 would cause it again
		x.openReason = e.Reason()
		return o, false, nil
	}
	o.Failure = e.Reason()
	if e.Status != http.StatusConflict {
		return o, true, nil
	}
	user, found, err := x.client.byName(ctx, document.Text(r.user.Raw("userName")))
	if ctx.Err() != nil {
		return o, false, ctx.Err()
	}
	if err != nil {
		x.openReason = err.Error()
		return o, false, nil //nolint:nilerr // the next attempt looks it up again
	}
	if !found && r.sharing > 0 {
		o.Failure += fmt.Sprintf("; line %d has the same e-mail address", r.sharing)
	}
	if !found {
		return o, true, nil
	}
	if o.Failure = difference(user, r.user); o.Failure != "" {
		o.Failure = e.Reason() + "; the user who is there differs in " + o.Failure
	}
	return o, true, nil
}
