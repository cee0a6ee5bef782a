package test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// table is the result of a bench. All benches print this format, which is Markdown.
type table [][]string

// head returns a table with the names of its columns.
func head(columns ...string) *table { return &table{columns} }

// add adds a row. It formats numbers to three digits, and durations as milliseconds.
func (t *table) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		switch c := c.(type) {
		case float64:
			row[i] = digits(c)
		case time.Duration:
			row[i] = digits(milliseconds(c))
		default:
			row[i] = fmt.Sprint(c)
		}
	}
	*t = append(*t, row)
}

// print writes the table to the standard output, because the log of a benchmark begins each text
// with a file and a line.
func (t *table) print() {
	width := make([]int, len((*t)[0]))
	for _, row := range *t {
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	line := func(cells []string, fill string) {
		for i, c := range cells {
			fmt.Fprintf(os.Stdout, "|%s%s%s%[1]s", fill, c, strings.Repeat(fill, width[i]-utf8.RuneCountInString(c)))
		}
		fmt.Fprintln(os.Stdout, "|")
	}
	fmt.Fprintln(os.Stdout)
	line((*t)[0], " ")
	line(make([]string, len(width)), "-")
	for _, row := range (*t)[1:] {
		line(row, " ")
	}
	fmt.Fprintln(os.Stdout)
}

// digits formats a number to three digits.
func digits(f float64) string {
	switch size := math.Abs(f); {
	case size >= 99.95:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case size >= 9.995:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// quantile returns the value below which a share of the values is.
func quantile(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	return all[min(int(share*float64(len(all))), len(all)-1)]
}

func median(all []time.Duration) time.Duration { return quantile(all, 0.5) }

// contender is one of several things that a bench compares. Its run returns errUnanswered if the
// server did not answer; any other error ends the bench.
type contender struct {
	name    string
	prepare func() // is not measured; may be nil
	run     func() error
	took    []time.Duration
	failed  error         // it was not answered; then it is not run again
	gaveUp  time.Duration // after how long
}

// roundsEnd bounds a bench on a slow machine.
const roundsEnd = 4 * time.Minute

// warmUp runs every contender once without measuring it.
func warmUp(b *testing.B, all ...*contender) {
	b.Helper()
	for _, c := range all {
		c.once(b)
		c.took = nil
	}
}

// takeTurns runs all contenders in each round, so that a machine that becomes slower or faster does
// so for all. Within a round a quick contender is repeated, up to 10 times or 200 ms. No round
// begins after roundsEnd.
func takeTurns(b *testing.B, rounds int, all ...*contender) {
	b.Helper()
	start := time.Now()
	for i := 0; i < rounds && (i == 0 || time.Since(start) < roundsEnd); i++ {
		began := time.Now()
		for _, c := range inTurn(i, all) {
			start := time.Now()
			for n := 0; n == 0 || n < 10 && time.Since(start) < 200*time.Millisecond; n++ {
				c.once(b)
			}
		}
		if took := time.Since(began); took > 10*time.Second {
			fmt.Fprintf(os.Stderr, "round %d of %d: %.0f s\n", i+1, rounds, took.Seconds())
		}
	}
}

// inTurn returns all in the order of a round. Every second round goes backwards, so that no
// contender always gets the caches as the same other one left them.
func inTurn[T any](round int, all []T) []T {
	if round%2 == 1 {
		all = slices.Clone(all)
		slices.Reverse(all)
	}
	return all
}

func (c *contender) once(b *testing.B) {
	b.Helper()
	if c.failed != nil {
		return
	}
	if c.prepare != nil {
		c.prepare()
	}
	start := time.Now()
	err := c.run()
	took := time.Since(start)
	c.took = append(c.took, took)
	c.check(b, err, took)
}

// check notes that the contender was not answered, and ends the bench on any other error.
func (c *contender) check(b *testing.B, err error, took time.Duration) {
	b.Helper()
	if errors.Is(err, errUnanswered) {
		c.gaveUp = took
		c.failed = fmt.Errorf("%w, after %s s", err, digits(took.Seconds()))
	} else if err != nil {
		b.Fatalf("%s: %v", c.name, err)
	}
}

// cell is the median in milliseconds, or why there is none.
func (c *contender) cell() any {
	if c.failed != nil {
		return c.failed
	}
	return median(c.took)
}

// times is how many times as long as ours another contender takes. If it was not answered, that is
// more than the time it was given.
func (c *contender) times(ours *contender) string {
	switch {
	case ours.failed != nil:
		return "-"
	case c.failed != nil:
		return ">" + digits(c.gaveUp.Seconds()/median(ours.took).Seconds())
	}
	return digits(median(c.took).Seconds() / median(ours.took).Seconds())
}
