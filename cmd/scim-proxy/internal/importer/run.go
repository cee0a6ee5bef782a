package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
)

// Options of an import.
type Options struct {
	// Client speaks to the server.
	Client *scimclient.Client
	// Batch is how many rows go into one request, if the server allows so many.
	Batch int
	// Wait is called before rows are sent again that got no answer.
	Wait func(context.Context, time.Duration) error
	Now  func() time.Time
	// Out gets the outcome, Progress how far it is: as a bar that is drawn over itself where it is a terminal, else as lines.
	Out, Progress io.Writer
	Terminal      bool
}

// What a run can end with, apart from what stopped it.
var (
	ErrFailures    = errors.New("not every row was imported")
	ErrInterrupted = errors.New("interrupted: run the same command again to go on")
)

// attempts is how often rows are sent that get no answer, and firstPause the pause after the first time, doubled after each: half a minute is
// enough for a server that is started anew.
const (
	attempts   = 6
	firstPause = time.Second
	mostPause  = time.Minute
	// mostFailed rows that are not sent are settled at once.
	mostFailed = 1000
)

type importing struct {
	Options
	client  client
	source  *Source
	journal *journal
	payload int
	bar     bar
	// why rows were left open, in the server's words.
	why string
}

// Run imports a file, or goes on where an earlier run was interrupted. The journal is the file's name with ".progress" behind it; the failures
// go to a file of the same kind beside it.
func Run(ctx context.Context, s *Source, o Options) (err error) {
	x := &importing{Options: o, source: s, client: client{o.Client}}
	operations, payload, err := x.client.limits(ctx)
	if err == nil {
		s.schemas, err = x.client.schemas(ctx)
	}
	if err != nil {
		return x.ended(ctx, err)
	}
	x.Batch, x.payload = min(o.Batch, operations), payload-len(bulkRequest(nil))
	if x.journal, err = openJournal(s.path+".progress", program+s.sum+" "+o.Client.URL(), s.rows); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.journal.db.Close()) }()
	x.bar = bar{out: o.Progress, terminal: o.Terminal, now: o.Now, begun: o.Now(), first: x.journal.done + x.journal.failed, all: s.rows}
	err = x.pass(ctx)
	x.bar.end()
	return x.ended(ctx, err)
}

// ended tells the outcome, also of a run that was stopped.
func (x *importing) ended(ctx context.Context, err error) error {
	j := x.journal
	if err == nil && j.open() > 0 {
		err = fmt.Errorf("rows without an answer: %d (%s); run the same command again to go on", j.open(), x.why)
	}
	if ctx.Err() != nil {
		err = ErrInterrupted
	}
	if j == nil {
		return err
	}
	fmt.Fprintf(x.Out, "%s: %d rows, %d imported, %d failed, %d open\n", x.source.path, x.source.rows, j.done, j.failed, j.open())
	if j.failed == 0 || ctx.Err() != nil {
		return err
	}
	if e := x.writeFailures(ctx); e != nil {
		return errors.Join(err, e)
	}
	fmt.Fprintf(x.Out, "what failed is in %s: correct it and import it\n", x.source.failuresPath())
	if err == nil {
		err = ErrFailures
	}
	return err
}

// pass sends every row that is not settled, in batches within the server's limits.
func (x *importing) pass(ctx context.Context) error {
	var rows []row
	var failed []fate
	size := 0
	flush := func() error {
		err := x.journal.settle(failed...)
		if err == nil {
			err = x.batch(ctx, rows)
		}
		rows, failed, size = nil, nil, 0
		return err
	}
	err := x.source.each(ctx, func(r row) error {
		if x.journal.settled(r.number) {
			return nil
		}
		need := len(operation(r)) + 1
		if r.err == nil && need > x.payload {
			r.err = errors.New("the row is larger than the server's maxPayloadSize")
		}
		if r.err != nil {
			if failed = append(failed, fate{r.number, r.err.Error()}); len(failed) == mostFailed {
				return flush()
			}
			return nil
		}
		if len(rows) == x.Batch || size+need > x.payload {
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

// batch sends rows until they are settled. Those that get no answer though others do are left open; where none gets one it fails.
func (x *importing) batch(ctx context.Context, rows []row) error {
	all := len(rows)
	for attempt := 1; len(rows) > 0; attempt++ {
		open, wait, err := x.send(ctx, rows)
		if err != nil {
			return err
		}
		x.bar.draw(x.journal.done+x.journal.failed, x.journal.failed)
		if len(open) < len(rows) {
			rows, attempt = open, 0
			continue
		}
		if attempt == attempts {
			if len(rows) == all {
				return fmt.Errorf("the server has no answer (%s); run the same command again to go on", x.why)
			}
			return nil
		}
		if err := x.Wait(ctx, scimclient.Pause(firstPause, mostPause, attempt, wait)); err != nil {
			return err
		}
	}
	return nil
}
