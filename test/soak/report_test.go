package soak

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
)

// attempt is one request.
type attempt struct {
	what   string
	status int // 0: no answer
	took   time.Duration
}

// report counts what happens, and prints it while the soak runs and at its end.
type report struct {
	t     *testing.T
	begun time.Time

	mu       sync.Mutex
	now      string // the fault that is under way
	faults   []string
	intents  map[string]map[string]int // by tenant and name
	attempts map[string][]attempt      // by tenant
	usage    []usage
}

// usage of the first replica.
type usage struct{ memory, goroutines float64 }

func newReport(t *testing.T) *report {
	return &report{t: t, begun: time.Now(), intents: map[string]map[string]int{}, attempts: map[string][]attempt{}}
}

func (r *report) attempt(tenant string, a attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempts[tenant] = append(r.attempts[tenant], a)
}

func (r *report) done(tenant, intent string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.intents[tenant] == nil {
		r.intents[tenant] = map[string]int{}
	}
	r.intents[tenant][intent]++
}

func (r *report) begins(fault string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = fault
}

func (r *report) ends(fault string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now, r.faults = "", append(r.faults, fault)
}

// watch samples the first replica every three seconds, and prints the progress every fifteen.
func (r *report) watch(ctx context.Context, w *world) {
	tick := time.NewTicker(3 * time.Second)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		memory, goroutines, err := w.replicas[0].usage()
		if err != nil {
			r.t.Errorf("the proxy that runs all the time: %v", err)
			return
		}
		r.mu.Lock()
		r.usage = append(r.usage, usage{memory, goroutines})
		r.mu.Unlock()
		if n%5 == 0 {
			fmt.Fprintln(os.Stderr, r.line(memory, goroutines))
		}
	}
}

// line is the progress.
func (r *report) line(memory, goroutines float64) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	intents := 0
	for _, of := range r.intents {
		for _, n := range of {
			intents += n
		}
	}
	var all []attempt
	for _, of := range r.attempts {
		all = append(all, of...)
	}
	return fmt.Sprintf("soak %4.0fs  %5d intents  %6d requests (%s)  %.0f MiB  %.0f goroutines  %s",
		time.Since(r.begun).Seconds(), intents, len(all), statuses(all), memory/(1<<20), goroutines, r.now)
}

// statuses counts the attempts by their status.
func statuses(all []attempt) string {
	count := map[int]int{}
	for _, a := range all {
		count[a.status]++
	}
	var out []string
	for _, s := range slices.Sorted(maps.Keys(count)) {
		name := fmt.Sprint(s)
		if s == 0 {
			name = "cut"
		}
		out = append(out, fmt.Sprintf("%s %d", name, count[s]))
	}
	return strings.Join(out, ", ")
}

// print prints the tables.
func (r *report) print() {
	out := &strings.Builder{}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "tenant\tintents\trequests\tmedian\t99 %\tlongest\tstatuses")
	for _, name := range slices.Sorted(maps.Keys(r.attempts)) {
		intents, took := 0, []time.Duration{}
		for _, n := range r.intents[name] {
			intents += n
		}
		for _, a := range r.attempts[name] {
			took = append(took, a.took)
		}
		slices.Sort(took)
		fmt.Fprintf(table, "%s\t%d\t%d\t%v\t%v\t%v\t%s\n", name, intents, len(took), ms(took[len(took)/2]), ms(took[len(took)*99/100]), ms(took[len(took)-1]), statuses(r.attempts[name]))
	}
	_ = table.Flush()
	for _, name := range slices.Sorted(maps.Keys(r.intents)) {
		fmt.Fprintf(out, "%s: %v\n", name, r.intents[name])
	}
	fmt.Fprintf(out, "%d faults: %s\n", len(r.faults), strings.Join(r.faults, "; "))
	r.t.Logf("after %v\n%s", time.Since(r.begun).Round(time.Second), out)
}

func ms(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

// judge fails the test for a request that took too long, and for memory or goroutines that grow:
// the median of the last third of the samples may be a quarter above that of the first third, and
// 16 MiB or 20 goroutines more, because few samples scatter.
func (r *report) judge() {
	r.t.Helper()
	for tenant, all := range r.attempts {
		for _, a := range all {
			if a.took > limitRequest+margin {
				r.t.Errorf("%s: %s took %v, with a limit of %v", tenant, a.what, a.took, limitRequest)
			}
		}
	}
	const someMemory, someGoroutines = 16 << 20, 20
	third := len(r.usage) / 3
	if third == 0 {
		r.t.Fatal("there are no samples")
	}
	level := func(what string, unit, more float64, of func(usage) float64) {
		first, last := median(r.usage[:third], of), median(r.usage[len(r.usage)-third:], of)
		r.t.Logf("%s: %.0f in the first third, %.0f in the last", what, first/unit, last/unit)
		if last > first*1.25+more {
			r.t.Errorf("%s grow from %.0f to %.0f", what, first/unit, last/unit)
		}
	}
	level("MiB of memory", 1<<20, someMemory, func(u usage) float64 { return u.memory })
	level("goroutines", 1, someGoroutines, func(u usage) float64 { return u.goroutines })
}

func median(of []usage, value func(usage) float64) float64 {
	var all []float64
	for _, u := range of {
		all = append(all, value(u))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
