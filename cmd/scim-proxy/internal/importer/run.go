package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/scim"
)

// Options of an import.
type Options struct {
	// File is a .csv or .jsonl file. Its journal is File.progress, its failures go to a file of the same kind beside it.
	File string
	// URL is the SCIM base, Token its bearer token.
	URL, Token string
	HTTP       *http.Client
	// Batch is how many rows go into one request, if the server allows so many.
	Batch int
	// Attempts is how often a row is tried that the server had no time for; Wait is called between them.
	Attempts int
	Wait     func(ctx context.Context, attempt int) error
	// Out gets the progress and the outcome.
	Out io.Writer
	Now func() time.Time
}

// ErrFailures says that rows failed.
var ErrFailures = errors.New("not every row was imported")

// errOpen says that rows are left for another run.
var errOpen = errors.New("the server had no time for every row: run the same command again")

type importing struct {
	Options
	client          client
	source          *source
	journal         *journal
	payload         int
	begun           time.Time
	settledAtStart  int
	progressPrinted bool
}

// Run imports a file, or goes on where an earlier run was interrupted.
func Run(ctx context.Context, o Options) (err error) {
	s, err := openSource(o.File)
	if err != nil {
		return err
	}
	base := strings.TrimSuffix(o.URL, "/")
	x := &importing{Options: o, source: s, client: client{base, o.Token, o.HTTP}, begun: o.Now()}
	operations, payload, err := x.client.limits(ctx)
	if err != nil {
		return err
	}
	x.Batch, x.payload = min(o.Batch, operations), payload-200 // for the envelope
	if x.journal, err = openJournal(o.File+".progress", "scim-proxy import 1 "+s.sum+" "+base); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.journal.file.Close()) }()
	x.settledAtStart = x.settled()
	err = x.passes(ctx)
	return errors.Join(err, x.finish())
}

// passes go through the file until no row is open.
func (x *importing) passes(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		if err := x.pass(ctx); err != nil {
			return err
		}
		if x.settled() == x.source.rows {
			return nil
		}
		if attempt >= x.Attempts {
			return errOpen
		}
		if err := x.Wait(ctx, attempt); err != nil {
			return err
		}
	}
}

// pass sends every row that is not settled, in batches within the server's limits.
func (x *importing) pass(ctx context.Context) error {
	var rows []row
	size := 0
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		err := x.batch(ctx, rows)
		rows, size = rows[:0], 0
		return err
	}
	err := x.source.each(func(r row) error {
		if x.journal.settled(r.number) {
			return nil
		}
		need := len(operation(r)) + 1
		if r.err == nil && need > x.payload {
			r.err = fmt.Errorf("the row is larger than the server's maxPayloadSize")
		}
		if r.err != nil {
			return x.journal.settle([]fate{{row: r.number, failed: r.err.Error()}})
		}
		if len(rows) == x.Batch || size+need > x.payload {
			if err := flush(); err != nil {
				return err
			}
		}
		rows, size = append(rows, r), size+need
		return nil
	})
	if err == nil {
		err = flush()
	}
	return err
}

// batch sends rows and settles them. A request that got no answer leaves them open: what it did is found out when they are sent again.
func (x *importing) batch(ctx context.Context, rows []row) error {
	operations := make([]string, len(rows))
	for i, r := range rows {
		operations[i] = operation(r)
	}
	status, doc, err := x.client.send(ctx, http.MethodPost, "/Bulk", bulkRequest(operations))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil || passing(status):
		return nil //nolint:nilerr // the rows stay open
	case status != http.StatusOK:
		return refusal("POST /Bulk", status, doc)
	}
	results := map[string]scim.Resource{}
	for _, e := range scim.Elements(doc.Raw("Operations")) {
		if r, err := scim.ParseResource([]byte(e)); err == nil {
			results[scim.Text(r.Raw("bulkId"))] = r
		}
	}
	fates := make([]fate, len(rows))
	for i, r := range rows {
		if fates[i], err = x.judge(ctx, r, results[strconv.Itoa(r.number)]); err != nil {
			return err
		}
	}
	if err := x.journal.settle(fates); err != nil {
		return err
	}
	x.progress()
	return nil
}

// passing statuses are answered differently another time.
func passing(status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

// judge tells a row's fate from its result. Who is there already just as the row says is the row itself, made by a request whose answer was
// lost.
func (x *importing) judge(ctx context.Context, r row, result scim.Resource) (fate, error) {
	f := fate{row: r.number}
	status, err := strconv.Atoi(scim.Text(result.Raw("status")))
	switch {
	case err != nil || passing(status):
		f.open = true
		return f, nil //nolint:nilerr // a result without a status settles nothing
	case status < 300:
		return f, nil
	}
	f.failed = strconv.Itoa(status) + " " + scim.Text(result.Get(scim.AttrPath{Name: "response", Sub: "detail"}))
	if status != http.StatusConflict {
		return f, nil
	}
	user, found, err := x.client.byName(ctx, scim.Text(r.user.Raw("userName")))
	switch {
	case ctx.Err() != nil:
		return f, ctx.Err()
	case err != nil:
		return fate{row: r.number, open: true}, nil //nolint:nilerr // it is looked up again with the next attempt
	case found && shows(user, r.user):
		f.failed = ""
	}
	return f, nil
}

func (x *importing) settled() int { return len(x.journal.done) + len(x.journal.failed) }

const barWidth = 30

func (x *importing) progress() {
	settled, all := x.settled(), x.source.rows
	filled := barWidth * settled / max(all, 1)
	rate := float64(settled-x.settledAtStart) / max(x.Now().Sub(x.begun).Seconds(), 0.001)
	fmt.Fprintf(x.Out, "\r[%s%s] %d/%d rows, %d failed, %.0f/s ", strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), settled, all, len(x.journal.failed), rate)
	x.progressPrinted = true
}

// finish writes the failures and tells the outcome, also of a run that was interrupted.
func (x *importing) finish() error {
	if x.progressPrinted {
		fmt.Fprintln(x.Out)
	}
	if err := x.source.writeFailures(x.journal.failed); err != nil {
		return err
	}
	fmt.Fprintf(x.Out, "%d of %d rows imported, %d failed, %d open\n", len(x.journal.done), x.source.rows, len(x.journal.failed), x.source.rows-x.settled())
	if len(x.journal.failed) > 0 {
		fmt.Fprintf(x.Out, "correct %s and import it\n", x.source.failuresPath())
		return ErrFailures
	}
	return nil
}
