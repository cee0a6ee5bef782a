package monitoring_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
	"sigs.k8s.io/yaml"
)

// scrape replaces {@ by the labels that a scrape by the chart's ServiceMonitor adds, and {@b by
// those of another pod.
var scrape = strings.NewReplacer("{@b", strings.Replace(scraped, "10.0.0.1", "10.0.0.2", 1), "{@", scraped)

const scraped = `{namespace="iam",job="scim-keycloak-scim-proxy-metrics",instance="10.0.0.1:9090"`

// rulesFile writes the rules that the chart renders (TestGolden of deploy/helm keeps them true) as
// a file of Prometheus.
func rulesFile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../helm/testdata/golden/monitoring.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for document := range strings.SplitSeq(string(text), "---\n") {
		var rule struct {
			Kind string
			Spec any
		}
		if err := yaml.Unmarshal([]byte(document), &rule); err != nil {
			t.Fatal(err)
		}
		if rule.Kind != "PrometheusRule" {
			continue
		}
		spec, err := yaml.Marshal(rule.Spec)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "rules.yaml")
		if err := os.WriteFile(file, spec, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	t.Fatal("the chart renders no PrometheusRule")
	return ""
}

// execution is rules that are evaluated over recorded series.
type execution struct {
	series *promqltest.LazyLoader
	groups []*rules.Group
}

// record takes series, each a line of the notation of Prometheus' own tests with a value for each
// step, and the rules of file.
func record(t *testing.T, file string, step time.Duration, series string) *execution {
	t.Helper()
	text := fmt.Sprintf("load %s\n", step)
	for line := range strings.Lines(series) {
		if line = strings.TrimSpace(line); line != "" {
			text += "  " + scrape.Replace(line) + "\n"
		}
	}
	loader, err := promqltest.NewLazyLoader(text, promqltest.LazyLoaderOpts{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = loader.Close() })
	manager := rules.NewManager(&rules.ManagerOptions{
		QueryFunc:  rules.EngineQueryFunc(loader.QueryEngine(), loader.Storage()),
		Appendable: loader.Storage(), Queryable: loader.Storage(), Context: t.Context(),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {}, Logger: slog.New(slog.DiscardHandler),
		Parser: parser.NewParser(parser.Options{}),
	})
	byName, errs := manager.LoadGroups(step, labels.EmptyLabels(), "", nil, false, file)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	// Rules that record come before the rules that read them.
	groups := slices.SortedFunc(maps.Values(byName), func(a, b *rules.Group) int { return alerts(a) - alerts(b) })
	return &execution{loader, groups}
}

// only leaves the group of an alert, and those that record what it reads.
func (e *execution) only(alert string) {
	var reads string
	isOf := func(g *rules.Group) bool {
		return slices.ContainsFunc(g.Rules(), func(r rules.Rule) bool { return r.Name() == alert })
	}
	for _, g := range e.groups {
		if isOf(g) {
			for _, r := range g.Rules() {
				reads += r.Query().String()
			}
		}
	}
	e.groups = slices.DeleteFunc(e.groups, func(g *rules.Group) bool {
		return !isOf(g) && !slices.ContainsFunc(g.Rules(), func(r rules.Rule) bool {
			_, records := r.(*rules.RecordingRule)
			return records && strings.Contains(reads, r.Name())
		})
	})
}

func alerts(g *rules.Group) int { return min(1, len(g.AlertingRules())) }

// at evaluates all rules at a time after the start, and returns the alerts that fire.
func (e *execution) at(t *testing.T, after time.Duration) (firing []*rules.Alert) {
	t.Helper()
	now := time.Unix(0, 0).UTC().Add(after)
	e.series.WithSamplesTill(now, func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	})
	for _, g := range e.groups {
		g.Eval(t.Context(), now)
		for _, r := range g.Rules() {
			if r.LastError() != nil {
				t.Fatalf("%s at %s: %v", r.Name(), after, r.LastError())
			}
		}
		for _, r := range g.AlertingRules() {
			for _, a := range r.ActiveAlerts() {
				if a.State == rules.StateFiring {
					firing = append(firing, a)
				}
			}
		}
	}
	return firing
}
