package importer

import (
	"context"
	"errors"
	"net/http"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
	"keycloak-scim-proxy/proxy/scim/document"
)

// send sends rows once and settles those that got an answer. The others are open: what was done with them is found out when they are sent
// again, after at least the pause that the server asked for.
func (x *importing) send(ctx context.Context, rows []row) (open []row, pause time.Duration, err error) {
	results, err := x.client.bulk(ctx, rows)
	e, answered := errors.AsType[*scimclient.Error](err)
	switch {
	case ctx.Err() != nil:
		return nil, 0, ctx.Err()
	case answered && !e.Transient():
		return nil, 0, err
	case answered:
		x.why = err.Error()
		return rows, e.RetryAfter, nil
	case err != nil:
		x.why = err.Error()
		return rows, 0, nil //nolint:nilerr // the rows stay open
	}
	var fates []fate
	for _, r := range rows {
		e, answered := results[bulkID(r)]
		if !answered {
			x.why = "POST /Bulk was answered without a result for them"
			open = append(open, r)
			continue
		}
		f, known, err := x.judge(ctx, r, e)
		switch {
		case err != nil:
			return nil, 0, err
		case known:
			fates = append(fates, f)
		default:
			open = append(open, r)
		}
	}
	return open, 0, x.journal.settle(fates...)
}

// judge tells a row's fate from the error of its result (nil: it is done), if that is known. Who is there already just as the row says is the
// row itself, made by a request whose answer was lost.
func (x *importing) judge(ctx context.Context, r row, e *scimclient.Error) (f fate, known bool, err error) {
	f.row = r.number
	switch {
	case e == nil:
		return f, true, nil
	case e.Transient() && e.Status != http.StatusInternalServerError: // what breaks on a row while others pass will break again
		x.why = e.Reason()
		return f, false, nil
	}
	f.failed = e.Reason()
	if e.Status != http.StatusConflict {
		return f, true, nil
	}
	user, found, err := x.client.byName(ctx, document.Text(r.user.Raw("userName")))
	if ctx.Err() != nil {
		return f, false, ctx.Err()
	}
	if err != nil {
		x.why = err.Error()
		return f, false, nil //nolint:nilerr // it is looked up again with the next attempt
	}
	if !found {
		return f, true, nil
	}
	if f.failed = differs(user, r.user); f.failed != "" {
		f.failed = e.Reason() + "; the user who is there differs in " + f.failed
	}
	return f, true, nil
}
