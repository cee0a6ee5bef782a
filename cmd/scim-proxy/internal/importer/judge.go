package importer

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// send sends rows once and settles those that got an answer. The others are open: what was done with them is found out when they are sent
// again, after at least the pause that the server asked for.
func (x *importing) send(ctx context.Context, rows []row) (open []row, pause time.Duration, err error) {
	a, err := x.client.bulk(ctx, rows)
	switch {
	case ctx.Err() != nil:
		return nil, 0, ctx.Err()
	case err != nil:
		x.why = err.Error()
		return rows, 0, nil //nolint:nilerr // the rows stay open
	case a.passing():
		x.why = a.said("POST /Bulk").Error()
		return rows, a.pause, nil
	case a.status != http.StatusOK:
		return nil, 0, a.said("POST /Bulk")
	}
	results := map[string]answer{}
	for _, e := range document.Elements(a.doc.Raw("Operations")) {
		if r, err := scim.ParseResource([]byte(e)); err == nil {
			results[document.Text(r.Raw("bulkId"))] = result(r)
		}
	}
	var fates []fate
	for _, r := range rows {
		f, known, err := x.judge(ctx, r, results[bulkID(r)])
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

// result reads an operation's result as an answer of its own.
func result(r scim.Resource) answer {
	a := answer{}
	if n, err := strconv.Atoi(document.Text(r.Raw("status"))); err == nil { // else there is none
		a.status = n
	}
	if doc, err := scim.ParseResource([]byte(r.Raw("response"))); err == nil { // the status says enough
		a.doc = doc
	}
	return a
}

// judge tells a row's fate from its result, if that is known. Who is there already just as the row says is the row itself, made by a request
// whose answer was lost.
func (x *importing) judge(ctx context.Context, r row, a answer) (f fate, known bool, err error) {
	f.row = r.number
	switch {
	case a.status == 0:
		x.why = "POST /Bulk was answered without a result for them"
		return f, false, nil
	case a.status < 300:
		return f, true, nil
	case a.passing() && a.status != http.StatusInternalServerError: // what breaks on a row while others pass will break again
		x.why = a.text()
		return f, false, nil
	}
	f.failed = a.text()
	if a.status != http.StatusConflict {
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
		f.failed = a.text() + "; the user who is there differs in " + f.failed
	}
	return f, true, nil
}
