package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/importer/journal"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
)

// Options of an import.
type Options struct {
	// Client sends the requests.
	Client *scimclient.Client
	// Batch is the maximum number of rows in a request. The server's maxOperations may lower it.
	Batch int
	// Restart forgets what an earlier run has done, and begins with the first row.
	Restart bool
	// Wait pauses before rows are sent again that got no answer. It returns early with the
	// context's error.
	Wait func(context.Context, time.Duration) error
	Now  func() time.Time
	// Report gets the result, before Run returns.
	Report func(Result)
	// Progress gets the progress: a bar that is drawn over itself if Terminal is true, otherwise
	// lines.
	Progress io.Writer
	Terminal bool
}

// Result is how the rows of a file stand. Its JSON is documented in docs/import.md.
type Result struct {
	File     string `json:"file"`
	Rows     int    `json:"rows"`
	Imported int    `json:"imported"`
	Failed   int    `json:"failed"`
	// Open are the rows without a result.
	Open int `json:"open"`
	// Failures is the path of the file of failures, if it was written.
	Failures string `json:"failures,omitempty"`
}

// Text is the result for people.
func (r Result) Text() string {
	text := fmt.Sprintf("%s: %d rows, %d imported, %d failed, %d open\n", r.File, r.Rows, r.Imported, r.Failed, r.Open)
	if r.Failures != "" {
		text += fmt.Sprintf("what failed is in %s: correct it and import it\n", r.Failures)
	}
	return text
}

// Errors of Run, besides those of the server, the file and the journal.
var (
	// ErrFailures reports that rows failed. They are in the file of failures.
	ErrFailures = errors.New("not every row was imported")
	// ErrInterrupted reports that the context was cancelled before all rows were settled.
	ErrInterrupted = errors.New("interrupted: run the same command again to go on")
)

const (
	// attempts is how often a batch is sent if it gets no answer. The pause after the first
	// attempt is firstPause and doubles after each one: with 1 s that is 31 s, enough for a
	// server that restarts.
	attempts   = 6
	firstPause = time.Second
	maxPause   = time.Minute
	// maxUnsent is how many rows that fail without being sent are settled in one transaction.
	maxUnsent = 1000
)

// importing is a run of an import.
type importing struct {
	Options
	client  client
	source  *Source
	journal *journal.Journal
	// payload is the maximum size of the operations in a request, in bytes.
	payload int
	bar     bar
	// openReason is the latest reason why rows got no result.
	openReason string
}

// Run imports a file, or continues an import that was interrupted. It keeps its journal in a file
// with the suffix ".progress", and writes the failed rows to a file of the same format
// (users.csv: users.failures.csv). It returns ErrFailures if rows failed and ErrInterrupted if
// ctx was cancelled.
func Run(ctx context.Context, s *Source, o Options) (err error) {
	x := &importing{Options: o, source: s, client: client{o.Client}}
	operations, payload, err := x.client.limits(ctx)
	if err == nil {
		s.schemas, err = x.client.schemas(ctx)
	}
	if err != nil {
		return x.report(ctx, err)
	}
	x.Batch, x.payload = min(o.Batch, operations), payload-len(bulkRequest(nil))
	if o.Restart {
		if err := x.forget(); err != nil {
			return err
		}
	}
	if x.journal, err = journal.Open(s.path+".progress", s.sum+" "+o.Client.URL(), s.rows); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.journal.Close()) }()
	x.bar = bar{out: o.Progress, terminal: o.Terminal, now: o.Now, started: o.Now(), first: x.settled(), all: s.rows}
	err = x.sendAll(ctx)
	x.bar.end()
	return x.report(ctx, err)
}

// forget removes the journal, and keeps an earlier file of failures under another name, because a
// user may have corrected it.
func (x *importing) forget() error {
	if err := journal.Remove(x.source.path + ".progress"); err != nil {
		return err
	}
	failures := x.source.failuresPath()
	if err := os.Rename(failures, failures+".old"); err == nil {
		fmt.Fprintf(x.Progress, "%s is now %s.old\n", failures, failures)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fmt.Fprintf(x.Progress, "begins with the first row: a user who exists already (409) is found by userName; one with all values of its row counts as imported\n")
	return nil
}

func (x *importing) settled() int { return x.journal.Done() + x.journal.Failed() }

// report reports the result, writes the file of failures, and returns the error that Run ends
// with. Err is the error that stopped the run, if any.
func (x *importing) report(ctx context.Context, err error) error {
	j := x.journal
	if err == nil && j.Remaining() > 0 {
		err = fmt.Errorf("rows without an answer: %d (%s); run the same command again to go on", j.Remaining(), x.openReason)
	}
	if ctx.Err() != nil {
		err = ErrInterrupted
	}
	if j == nil {
		return err
	}
	result := Result{File: x.source.path, Rows: x.source.rows, Imported: j.Done(), Failed: j.Failed(), Open: j.Remaining()}
	defer func() { x.Report(result) }()
	if j.Failed() == 0 || ctx.Err() != nil {
		return err
	}
	if e := x.writeFailures(ctx); e != nil {
		return errors.Join(err, fmt.Errorf("write %s: %w", x.source.failuresPath(), e))
	}
	result.Failures = x.source.failuresPath()
	if err == nil {
		err = ErrFailures
	}
	return err
}

// sendAll sends every row that is not settled, in batches within the server's limits. Rows that
// cannot be sent fail.
func (x *importing) sendAll(ctx context.Context) error {
	var rows []row
	var unsent []journal.Outcome
	size := 0
	flush := func() error {
		err := x.journal.Settle(unsent...)
		if err == nil {
			err = x.sendBatch(ctx, rows)
		}
		rows, unsent, size = nil, nil, 0
		return err
	}
	err := x.source.each(ctx, func(r row) error {
		if x.journal.Settled(r.number) {
			return nil
		}
		need := len(operation(r)) + 1
		if r.err == nil && need > x.payload {
			r.err = fmt.Errorf("the row needs %d bytes in a request, and the server's maxPayloadSize leaves %d", need, x.payload)
		}
		if r.err != nil {
			unsent = append(unsent, journal.Outcome{Row: r.number, Failure: r.err.Error()})
			if len(unsent) == maxUnsent {
				return flush()
			}
			return nil
		}
		// a server may carry out the operations of a request in any order, and of two rows with
		// the same e-mail address the first shall be created
		if len(rows) == x.Batch || size+need > x.payload || len(rows) > 0 && r.sharing >= rows[0].line {
			if err := flush(); err != nil {
				return err
			}
		}
		rows, size = append(rows, r), size+need
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// sendBatch sends rows until they are settled. Rows left unanswered stay open for the next run.
// If no row is answered, sendBatch fails.
func (x *importing) sendBatch(ctx context.Context, rows []row) error {
	all := len(rows)
	for attempt := 1; len(rows) > 0; attempt++ {
		open, wait, err := x.send(ctx, rows)
		if err != nil {
			return err
		}
		x.bar.draw(x.settled(), x.journal.Failed())
		if len(open) < len(rows) {
			rows, attempt = open, 0
			continue
		}
		if attempt == attempts {
			if len(rows) == all {
				return fmt.Errorf("%s: the server did not answer (%s); run the same command again to go on", x.Client.URL(), x.openReason)
			}
			return nil
		}
		if err := x.Wait(ctx, scimclient.Pause(firstPause, maxPause, attempt, wait)); err != nil {
			return err
		}
	}
	return nil
}
