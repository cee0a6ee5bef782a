package monitoring_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
)

// Every alert fires on series that were recorded for it, when it should, with its labels, and ends;
// and it does not fire on series that are almost the same.
func TestAlerts(t *testing.T) {
	file := rulesFile(t)
	cases := slices.Concat(budgetCases, proxyCases, tenantCases)
	for _, c := range cases {
		t.Run(c.alert, func(t *testing.T) {
			t.Parallel()
			c.run(t, file)
		})
	}
	for _, g := range record(t, file, minute, "").groups {
		for _, r := range g.AlertingRules() {
			if !slices.ContainsFunc(cases, func(c firing) bool { return c.alert == r.Name() && c.to > 0 }) {
				t.Errorf("there are no series on which %s fires", r.Name())
			}
			if !slices.ContainsFunc(cases, func(c firing) bool { return c.alert == r.Name() && c.to == 0 }) {
				t.Errorf("there are no series on which %s must not fire", r.Name())
			}
		}
	}
}

// run evaluates the group of the alert at every step, until after the last sample of all series.
func (c firing) run(t *testing.T, file string) {
	if c.step == 0 {
		c.step = minute
	}
	series := c.series
	if !strings.Contains(series, "scim_build_info") {
		series += fmt.Sprintf("\nscim_build_info{@} 1x%d", c.end(t)/c.step)
	}
	e := record(t, file, c.step, series)
	e.only(c.alert)
	var at []time.Duration
	others := map[string]bool{}
	for now := time.Duration(0); now <= c.end(t); now += c.step {
		for _, a := range e.at(t, now) {
			if name := a.Labels.Get(labels.AlertName); name != c.alert {
				others[name] = true
				continue
			}
			at = append(at, now)
			c.check(t, a)
		}
	}
	if c.to == 0 {
		if len(at) > 0 {
			t.Errorf("it fires from %s to %s", at[0], at[len(at)-1])
		}
		return
	}
	var want []time.Duration
	for now := c.from; now < c.to; now += c.step {
		want = append(want, now)
	}
	if len(at) == 0 {
		t.Fatal("it does not fire")
	}
	if !slices.Equal(at, want) {
		t.Errorf("it fires from %s to %s in %d of %d evaluations, want from %s to before %s", at[0], at[len(at)-1], len(at), len(want), c.from, c.to)
	}
	for _, name := range c.also {
		if !others[name] {
			t.Errorf("%s does not fire", name)
		}
		delete(others, name)
	}
	if len(others) > 0 {
		t.Errorf("these fire too: %v", others)
	}
}

// end is when the longest series ends, so that an alert has ended too.
func (c firing) end(t *testing.T) time.Duration {
	steps := 0
	for line := range strings.Lines(c.series) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		_, values, err := parser.NewParser(parser.Options{}).ParseSeriesDesc(scrape.Replace(line))
		if err != nil {
			t.Fatal(line, err)
		}
		steps = max(steps, len(values))
	}
	return time.Duration(steps-1) * c.step
}

// check looks at the labels and the texts of an alert.
func (c firing) check(t *testing.T, a *rules.Alert) {
	for part := range strings.SplitSeq(c.labels, ", ") {
		name, value, _ := strings.Cut(part, "=")
		if value = strings.Trim(value, `"`); name != "" && a.Labels.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, a.Labels.Get(name), value)
		}
	}
	if a.Labels.Get("job") == "" || a.Labels.Get("namespace") == "" {
		t.Errorf("the alert is of no release: %s", a.Labels)
	}
	a.Annotations.Range(func(l labels.Label) {
		if strings.Contains(l.Value, "error expanding") || strings.Contains(l.Value, "  ") || strings.Contains(l.Value, "<no value>") {
			t.Errorf("%s: %s", l.Name, l.Value)
		}
	})
}
