package monitoring_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"

	"keycloak-scim-proxy/deploy/internal/keycloak"
	"keycloak-scim-proxy/deploy/internal/program"
)

// recorded returns the two values of each series of the sample, which TestRecord writes with the
// real program.
func recorded(t *testing.T) map[string][2]string {
	t.Helper()
	recorded := map[string][2]string{}
	for i := range 2 {
		for series, value := range lines(t, sample(i+1)) {
			pair, ok := recorded[series]
			if !ok {
				pair = [2]string{"_", "_"}
			}
			pair[i] = value
			recorded[series] = pair
		}
	}
	return recorded
}

// lines splits the lines of a text of metrics before the last blank.
func lines(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			i := strings.LastIndexByte(line, ' ')
			all[line[:i]] = line[i+1:]
		}
	}
	return all
}

// database has the sample, as if Prometheus had scraped it twice within a minute.
type database struct {
	storage storage.Storage
	engine  *promql.Engine
}

func newDatabase(t *testing.T) database {
	t.Helper()
	text := "load 1m\n"
	for series, pair := range recorded(t) {
		name, rest, _ := strings.Cut(series, "{")
		text += fmt.Sprintf("  %s%s,%s %s %s\n", name, strings.TrimSuffix(scraped, "}"), ending(rest), pair[0], pair[1])
	}
	return database{promqltest.LoadedStorage(t, text), promqltest.NewTestEngine(t, false, 0, 5e6)}
}

// ending ends the labels of a series that has none.
func ending(rest string) string {
	if rest == "" {
		return "}"
	}
	return rest
}

// query evaluates an expression at the time of the second scrape.
func (d database) query(t *testing.T, expr string) promql.Vector {
	t.Helper()
	q, err := d.engine.NewInstantQuery(context.Background(), d.storage, nil, expr, time.Unix(60, 0))
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	defer q.Close()
	result := q.Exec(t.Context())
	if result.Err != nil {
		t.Fatalf("%s: %v", expr, result.Err)
	}
	vector, err := result.Vector()
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return slices.Clone(vector)
}

var suffix = regexp.MustCompile(`_(bucket|sum|count)$`)

func family(series string) string {
	name, _, _ := strings.Cut(series, "{")
	return suffix.ReplaceAllString(name, "")
}

// The sample has every metric that the program has from its start. It is old if not.
func TestSampleIsCurrent(t *testing.T) {
	s := newSite(t, &keycloak.Server{URL: "http://127.0.0.1:1"})
	program.Serve(t, s.path("config.yaml"))
	keycloak.Ask(t, "GET", s.admin+"/readyz", "", nil)
	s.write("metrics.txt", s.metrics())
	recorded := recorded(t)
	have := map[string]bool{}
	for series := range recorded {
		have[family(series)] = true
	}
	for series := range lines(t, s.path("metrics.txt")) {
		if !have[family(series)] {
			t.Errorf("%s is not in the sample: go test ./monitoring -run TestRecord -record, with a Keycloak", series)
		}
	}
}

// Every series that a rule selects is one of this release, has the labels by which it is selected,
// and exists in the sample, such as the bucket of the histogram.
func TestRulesSelect(t *testing.T) {
	data := newDatabase(t)
	for _, g := range record(t, rulesFile(t), minute, "").groups {
		for _, r := range g.Rules() {
			parser.Inspect(r.Query(), func(n parser.Node, _ []parser.Node) error {
				s, ok := n.(*parser.VectorSelector)
				if !ok {
					return nil
				}
				values := map[string]string{}
				for _, m := range s.LabelMatchers {
					if m.Name != "__name__" {
						values[m.Name] += m.Value
					}
				}
				if values["namespace"] != "iam" || values["job"] != "scim-keycloak-scim-proxy-metrics" {
					t.Errorf("%s: %s is of any release", r.Name(), s)
				}
				if strings.HasPrefix(s.Name, "tenant:") {
					return nil
				}
				found := map[string]bool{}
				for _, sample := range data.query(t, s.Name) {
					sample.Metric.Range(func(l labels.Label) {
						if l.Name != "le" || l.Value == values["le"] {
							found[l.Name] = true
						}
					})
				}
				for name := range maps.Keys(values) {
					if !found[name] {
						t.Errorf("%s: no series of %s has the label %s=%s", r.Name(), s.Name, name, values[name])
					}
				}
				return nil
			})
			if name, window, ok := strings.Cut(r.Name(), ":rate"); ok && !strings.Contains(r.Query().String(), "["+window+"]") {
				t.Errorf("%s records another window: %s", name, r.Query())
			}
		}
	}
}
